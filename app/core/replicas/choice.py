"""Which engine a statement goes to: a session may have a replica (reading.py), which answers what does not write."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import UpdateBase

from app.core.replicas.rotation import Replica

REPLICA, WROTE = "replica", "wrote"


def replica_of(session: Session) -> Replica | None:
    """Return the replica a session reads from; None for the primary."""
    found: Replica | None = session.info.get(REPLICA)
    return found


def bind_for(role: str, session: Session, clause: Any) -> str | None:  # Any: a statement, or None
    """Return the replica's bind for a statement; None sends it to the primary.

    Args:
        role: The scope's login. The system login writes, and has no replica.
        session: What asks; once it wrote, it goes on reading where it wrote.
        clause: The statement, when there is one yet.
    """
    replica = replica_of(session)
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
