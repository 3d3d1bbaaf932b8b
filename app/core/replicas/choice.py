"""Which engine a statement goes to inside `reads_may_lag`: a replica, unless it writes or follows what was written."""

from contextvars import ContextVar
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import UpdateBase

from app.core.replicas.rotation import Replica

_chosen: ContextVar[Replica | None] = ContextVar("chosen_replica", default=None)
WROTE = "wrote"


def chosen() -> Replica | None:
    """Return the replica of this context; None outside, and when the primary has to answer."""
    return _chosen.get()


def bind_for(role: str, session: Session, clause: Any) -> str | None:  # Any: a statement, or None
    """Return the replica's bind for a statement; None sends it to the primary.

    Args:
        role: The scope's login. The system login writes, and has no replica.
        session: What asks; once it wrote, it goes on reading where it wrote.
        clause: The statement, when there is one yet.
    """
    replica = _chosen.get()
    if replica is None or role not in ("app", "platform"):
        return None
    if writes(session, clause):
        session.info[WROTE] = True
    if session.info.get(WROTE) or session.info.get("in_transaction"):
        return None
    return replica.bind if role == "app" else f"{replica.bind}-platform"


def writes(session: Session, clause: Any) -> bool:  # Any: as above
    """Say whether a statement writes or locks."""
    if session._flushing or isinstance(clause, UpdateBase):  # noqa: SLF001 (no public name says so)
        return True
    return isinstance(clause, sa.Select) and clause._for_update_arg is not None  # noqa: SLF001 (as above)
