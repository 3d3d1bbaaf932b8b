"""What people changed about breakers, brought to every process whenever it changes."""

import sqlalchemy as sa
import structlog

from app.breakers import registry
from app.breakers.config import BadBreakerConfig
from app.breakers.models import BreakerRow
from app.breakers.reads.fleet import one_here
from app.breakers.states import State
from app.core.db import db

log = structlog.get_logger(__name__)


def refresh(held_revision: int) -> None:
    """Give this process's breakers what changed since a revision; runs inside the installation."""
    for row in db.session.scalars(sa.select(BreakerRow).where(BreakerRow.changed_in > held_revision)):
        until = row.forced_until.timestamp() if row.forced_until else None
        try:
            registry.apply_settings(row.name, row.config, row.forced_state, until)
        except BadBreakerConfig as error:
            log.warning("breaker's changed settings do not fit its code", breaker=row.name, error=str(error))
            registry.apply_settings(row.name, {}, row.forced_state, until)
        if row.reset_in > held_revision > 0:
            reset_alone(row.name)


def reset_alone(name: str) -> None:
    """Close this process's breaker when Valkey, which otherwise says so to all, is away."""
    one = one_here(name)
    if one is not None and one.state is not State.CLOSED and getattr(registry.link(), "is_degraded", True):
        one.move_alone(State.CLOSED)
