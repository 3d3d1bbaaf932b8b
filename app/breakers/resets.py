"""A reset reaches the other processes through Valkey, so it leaves after the commit: never for one that was undone."""

from sqlalchemy import event
from sqlalchemy.orm import Session

from app.breakers import registry
from app.core.db import after_commit, db

KEY = "breaker_resets"


def after_commit_reset(name: str) -> None:
    """Reset a breaker once the open transaction is safe."""
    db.session().info.setdefault(KEY, set()).add(name)


@after_commit
def reset_breakers(session: Session) -> None:
    """Reset what the transaction asked for. While Valkey is away the others learn of it by their pushed settings."""
    for name in sorted(session.info.pop(KEY, ())):
        registry.reset(name)


@event.listens_for(Session, "after_rollback")
def forget_resets(session: Session) -> None:
    """What was undone resets nothing."""
    session.info.pop(KEY, None)
