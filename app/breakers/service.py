"""What people do to breakers. Forced states and changed settings are kept here and pushed to every process."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from app.breakers import history, reads, resets
from app.breakers.config import BadBreakerConfig
from app.breakers.events import BreakerConfigured, BreakerForced, BreakerReleased, BreakerReset
from app.breakers.models import BreakerRow
from app.breakers.problems import ExpiryTooFar
from app.breakers.reads.board import base_of
from app.breakers.states import State
from app.core import clock
from app.core.context import SYSTEM_ACTOR, acting_as, actor
from app.core.db import db, transaction
from app.core.errors import InvalidInput, VersionConflict
from app.core.installation import installation, installation_id
from app.core.outbox import record
from app.core.pushed import bump

SHORTEST_S, LONGEST_S = 10, 30 * 24 * 3600
OVER = "Its time was over"
MORE_THAN_WINDOW = "The window is smaller: it never holds so many calls. Give at most its size, or a larger window."


def open_breaker(name: str, *, for_s: int | None, reason: str = "") -> BreakerRow:
    """Refuse all calls through a breaker.

    Args:
        name: The breaker.
        for_s: Seconds; None until somebody lets go.
        reason: Kept in the history and the audit.

    Raises:
        BreakerNotFound: There is none of that name.
        ExpiryTooFar: Nobody means so long, or so short.
    """
    return _force(name, State.FORCED_OPEN, for_s, reason)


def disable_breaker(name: str, *, for_s: int | None, reason: str = "") -> BreakerRow:
    """Let all calls through and count nothing. Raises as `open_breaker`."""
    return _force(name, State.DISABLED, for_s, reason)


def only_measure(name: str, *, for_s: int | None, reason: str = "") -> BreakerRow:
    """Let all calls through and keep counting. Raises as `open_breaker`."""
    return _force(name, State.METRICS_ONLY, for_s, reason)


def close_breaker(name: str, *, for_s: int | None = None, reason: str = "") -> BreakerRow:
    """Close a breaker: let go of it and begin anew, as `reset_breaker`; for a time given, hold it closed whatever happens.

    Raises as `open_breaker`.
    """
    if for_s is not None:
        return disable_breaker(name, for_s=for_s, reason=reason)
    return reset_breaker(name, reason=reason)


def release_breaker(name: str, *, reason: str = "") -> BreakerRow:
    """Let a held breaker decide by itself again; letting go of a free one changes nothing.

    Raises:
        BreakerNotFound: There is none of that name.
    """
    with transaction():
        row = _row_for_update(name)
        if row.forced_state is not None:
            _release(row, reason)
    return row


def reset_breaker(name: str, *, reason: str = "") -> BreakerRow:
    """Let go of a breaker if somebody holds it, close it in all processes and empty its window.

    Raises:
        BreakerNotFound: There is none of that name.
    """
    with transaction():
        row = _row_for_update(name)
        before = reads.state_here(name)
        if row.forced_state is not None:
            _release(row, reason)
            before = reads.agreed_here(name)
        _change(row)
        row.reset_in = row.changed_in
        history.note_act(name, before.name, State.CLOSED.name, reason, actor())
        record(BreakerReset(name=name, from_=before.name, reason=reason), version=row.changed_in)
        resets.after_commit_reset(name)
    return row


def configure_breaker(name: str, overrides: dict[str, Any], *, version: int, reason: str = "") -> BreakerRow:
    """Replace what people changed about when a breaker opens; what is not named is as the code says.

    Args:
        name: The breaker.
        overrides: Settings by resilience4j's names.
        version: What the editor saw; 0 when nobody had changed anything.
        reason: Kept in the audit.

    Raises:
        BreakerNotFound: There is none of that name.
        InvalidInput: The settings cannot be meant.
        VersionConflict: Somebody else changed them meanwhile.
    """
    reads.must_exist(name)
    base = base_of(name)
    try:
        config = base.with_overrides(overrides)
    except BadBreakerConfig as error:
        raise InvalidInput(errors=error.errors) from None
    if "minimumNumberOfCalls" in overrides and config.minimum < config.minimum_number_of_calls:
        raise InvalidInput(errors=[{"field": "minimumNumberOfCalls", "message": MORE_THAN_WINDOW}])
    # Kept are the differences alone, so that a later change of the code is seen.
    wanted = config.to_json()
    kept = {key: wanted[key] for key in overrides if wanted[key] != base.to_json()[key]}
    with transaction():
        row = _row_for_update(name)
        changes = _differences(row.config, kept)
        if version != row.version:
            last = reads.last_configured(name)
            raise VersionConflict(
                yours=version, current=row.version, changed=changes, changed_by=last.by if last else None,
                changed_at=last.at if last else row.changed_at,
            )  # fmt: skip
        if changes:
            row.config = kept
            row.version += 1
            _change(row)
            record(BreakerConfigured(name=name, changes=changes, reason=reason), version=row.changed_in)
    return row


def end_forces() -> int:
    """Write down that the time of held breakers is over, as the relay's duty; return how many.

    Every process lets go by its own clock; this keeps the history and the page right.
    """
    with installation(), acting_as(SYSTEM_ACTOR):
        over = sa.select(BreakerRow.name).where(BreakerRow.forced_until <= clock.now())
        names = db.session.scalars(over).all()
        for name in names:
            with transaction():
                row = _row_for_update(name)
                if row.forced_until is not None and row.forced_until <= clock.now():
                    _release(row, OVER, at=row.forced_until)
    return len(names)


def _force(name: str, state: State, for_s: int | None, reason: str) -> BreakerRow:
    if for_s is not None and not SHORTEST_S <= for_s <= LONGEST_S:
        raise ExpiryTooFar(for_s=for_s)
    with transaction():
        row = _row_for_update(name)
        now = clock.now()
        before = row.forced_state or reads.state_here(name).name
        row.forced_state, row.forced_reason, row.forced_by, row.forced_at = state.name, reason, actor(), now
        row.forced_until = None if for_s is None else now + timedelta(seconds=for_s)
        _change(row)
        history.note_act(name, before, state.name, reason, actor())
        fact = BreakerForced(name=name, from_=before, to=state.name, until=row.forced_until, reason=reason)
        record(fact, version=row.changed_in)
    return row


def _release(row: BreakerRow, reason: str, at: datetime | None = None) -> None:
    before, row.forced_state = row.forced_state or "", None
    row.forced_reason, row.forced_by, row.forced_at, row.forced_until = "", {}, None, None
    _change(row)
    history.note_act(row.name, before, reads.agreed_here(row.name).name, reason, actor(), at)
    record(BreakerReleased(name=row.name, from_=before, reason=reason), version=row.changed_in)


def _change(row: BreakerRow) -> None:
    row.changed_at = clock.now()
    row.changed_in = bump("breakers")


def _row_for_update(name: str) -> BreakerRow:
    reads.must_exist(name)
    new = {"company_id": installation_id(), "name": name, "version": 0}
    db.session.execute(insert(BreakerRow).values(new).on_conflict_do_nothing())
    statement = sa.select(BreakerRow).where(BreakerRow.name == name).with_for_update()
    return db.session.execute(statement.execution_options(populate_existing=True)).scalar_one()


def _differences(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:  # Any: JSON
    return {
        key: {"before": before.get(key), "after": after.get(key)}
        for key in sorted(before.keys() | after.keys())
        if before.get(key) != after.get(key)
    }
