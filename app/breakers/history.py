"""What breakers did, as it is kept: transitions for 90 days, calls by the minute for 7."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from app.breakers.events import BreakerTransitioned
from app.breakers.figures import Minute
from app.breakers.models import BreakerMinute, BreakerTransition
from app.breakers.registry import find_breaker
from app.breakers.states import Scope, State, Transition
from app.core import clock
from app.core.db import db, transaction
from app.core.installation import installation, installation_id
from app.core.outbox import record

TRANSITIONS_KEPT, MINUTES_KEPT = timedelta(days=90), timedelta(days=7)
DELETED_AT_ONCE = 5000
REACH = {Scope.FLEET: "fleet", Scope.LOCAL: "process"}
FIGURES = ("calls", "failures", "slow", "rejected")


def write_transition(key: str, told: Transition) -> bool:
    """Keep one transition, with its fact; return False when it is kept already.

    Args:
        key: Made once for this transition, so that writing it again after a lost answer changes nothing.
        told: What happened.
    """
    at = datetime.fromtimestamp(told.at, UTC)
    evidence: dict[str, Any] = {"calls": told.calls, "failures": told.failures, "slow": told.slow}
    one = find_breaker(told.name)
    if told.after is State.OPEN and one is not None and one.last_error:
        evidence["error"] = one.last_error
    row = {
        "company_id": installation_id(),
        "id": key,
        "name": told.name,
        "at": at,
        "from_state": told.before.name,
        "to_state": told.after.name,
        "generation": told.generation,
        "reach": REACH[told.scope],
        "process": told.process,
        "reason": told.reason.value,
        "evidence": evidence,
    }
    with transaction():
        statement = insert(BreakerTransition).values(row).on_conflict_do_nothing()
        if not db.session.execute(statement.returning(BreakerTransition.id)).scalar():
            return False
        fact = BreakerTransitioned(
            name=told.name, from_=told.before.name, to=told.after.name, generation=told.generation,
            reach=REACH[told.scope], process=told.process, reason=told.reason.value, at=at, **evidence,
        )  # fmt: skip
        record(fact)
    return True


def note_act(
    name: str,
    before: str,
    after: str,
    reason: str,
    actor: dict[str, Any],  # Any: as facts name people
    at: datetime | None = None,
) -> None:
    """Keep what a person did to a breaker among its transitions, inside the act's own transaction."""
    row = BreakerTransition(
        company_id=installation_id(), name=name, at=at or clock.now(), from_state=before, to_state=after,
        reason=reason, actor=actor,
    )  # fmt: skip
    db.session.add(row)


def add_minutes(minutes: Iterable[Minute], process_kind: str) -> None:
    """Add what one process counted to what is kept."""
    rows = [
        {
            "company_id": installation_id(), "name": minute.name, "at": datetime.fromtimestamp(minute.at, UTC),
            "process_kind": process_kind, **{field: getattr(minute, field) for field in FIGURES},
        }
        for minute in minutes
    ]  # fmt: skip
    if not rows:
        return
    # In one order everywhere, so that two processes never wait for each other's rows.
    rows.sort(key=lambda row: (row["name"], row["at"]))
    statement = insert(BreakerMinute).values(rows)
    added = {field: getattr(BreakerMinute, field) + statement.excluded[field] for field in FIGURES}
    with transaction():
        db.session.execute(
            statement.on_conflict_do_update(index_elements=["company_id", "name", "at", "process_kind"], set_=added)
        )


def forget_old() -> int:
    """Drop what is too old, as the relay's duty; return how many rows."""
    now, dropped = clock.now(), 0
    with installation():
        for table, kept in ((BreakerMinute, MINUTES_KEPT), (BreakerTransition, TRANSITIONS_KEPT)):
            while (found := _forget_some(table, now - kept)) == DELETED_AT_ONCE:
                dropped += found
            dropped += found
    return dropped


def _forget_some(table: type[BreakerMinute | BreakerTransition], before: datetime) -> int:
    ctid: sa.ColumnElement[str] = sa.literal_column("ctid")
    old = sa.select(ctid).select_from(table).where(table.at < before).limit(DELETED_AT_ONCE)
    with transaction():
        found = db.session.execute(sa.delete(table).where(ctid.in_(old)).execution_options(synchronize_session=False))
    return int(getattr(found, "rowcount", 0))
