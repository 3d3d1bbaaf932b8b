"""Questions about rollouts, inside the installation."""

from typing import Any

import sqlalchemy as sa

from app.core.db import db
from app.flags.models import FlagRollout
from app.flags.rollouts.decision import LIVE, State
from app.flags.rollouts.problems import RolloutNotFound

SHOWN = 20


def list_rollouts(key: str, environment: str) -> list[FlagRollout]:
    """Return a flag's newest rollouts."""
    return list(
        db.session.scalars(
            sa.select(FlagRollout)
            .where(FlagRollout.flag_key == key, FlagRollout.environment == environment)
            .order_by(FlagRollout.id.desc())
            .limit(SHOWN)
        )
    )


def find_rollout(rollout_id: str) -> FlagRollout:
    """Return one rollout.

    Raises:
        RolloutNotFound: There is none.
    """
    row = db.session.scalars(sa.select(FlagRollout).where(FlagRollout.id == rollout_id)).one_or_none()
    if row is None:
        raise RolloutNotFound
    return row


def live_rollouts(environment: str) -> dict[str, FlagRollout]:
    """Return flag → its plan that is not over."""
    rows = db.session.scalars(
        sa.select(FlagRollout).where(FlagRollout.environment == environment, FlagRollout.state.in_(LIVE))
    )
    return {row.flag_key: row for row in rows}


def held_rollouts() -> list[FlagRollout]:
    """Return the plans that wait, in every environment."""
    rows = db.session.scalars(
        sa.select(FlagRollout).where(FlagRollout.state == State.HELD).order_by(FlagRollout.held_since).limit(SHOWN)
    )
    return list(rows)


def flags_guarded_by(breaker: str) -> list[dict[str, Any]]:
    """Return the plans that watch a breaker: key, environment, state."""
    wanted = [{"kind": "breaker", "name": breaker}]
    rows = db.session.scalars(
        sa.select(FlagRollout)
        .where(FlagRollout.state.in_(LIVE), FlagRollout.guards.contains(wanted))
        .order_by(FlagRollout.flag_key)
    )
    return [{"key": row.flag_key, "environment": row.environment, "state": row.state} for row in rows]
