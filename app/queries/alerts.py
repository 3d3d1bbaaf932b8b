"""What people are told of statements, each once in a while: slower, new and heavy, out of time, planned otherwise."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.core import clock
from app.core.context import SYSTEM_ACTOR, acting_as
from app.core.db import db, transaction
from app.core.ids import new_ulid
from app.core.installation import installation, installation_id
from app.core.outbox import record
from app.core.present import plural
from app.queries.events import StatementTroubled
from app.queries.mark import keep_mark
from app.queries.models import Change, Statement
from app.queries.problems import StatementNotFound
from app.queries.reads import statements as reads
from app.queries.reads.elsewhere import is_elsewhere
from app.queries.reads.server import ServerFigures, server_figures
from app.queries.reads.statements import Span, StatementView, span_of
from app.queries.words import SHIFT_MS, SLOWER, is_slower, percent, spell_ms, title_of
from app.queues.news import tell_admins

EVERY_S = 60.0
MOST = 100
DAY = timedelta(days=1)
# How long nobody hears of the same again.
QUIET_FOR = {"timeouts": timedelta(hours=6), "slower": timedelta(hours=6), "new": timedelta(days=30), "plan": DAY}
NEW_FOR = timedelta(hours=2)
NEW_SHARE = 0.05


@dataclass(frozen=True)
class Trouble:
    """Something about a statement that people are told of, in a sentence."""

    kind: str
    fingerprint: str
    sentence: str


def look_for_trouble() -> int:
    """Tell platform admins what is new since they were told last, as the relay's duty; return how much that was."""
    with installation(), acting_as(SYSTEM_ACTOR):
        keep_mark()
        now, span = clock.now(), span_of("1h")
        found = [one for one in reads.list_statements(span, only_slow=True, limit=MOST).items if one.known_at is None]
        told, server = told_lately(now), server_figures([one.fingerprint for one in found], span)
        has_history = is_watched_since(now - DAY)
        news = [
            trouble
            for one in found
            for trouble in troubles_of(one, span, server, has_history=has_history)
            if (trouble.fingerprint, trouble.kind) not in told
        ]
        for trouble in news:
            tell(trouble, now)
        return len(news) + tell_plans(found, now)


def troubles_of(
    one: StatementView, span: Span, server: Mapping[str, ServerFigures], *, has_history: bool
) -> Iterator[Trouble]:
    """Yield what is to tell of one statement.

    Args:
        one: Its last hour, and the hour before.
        span: The last hour.
        server: What PostgreSQL counted of statements in it.
        has_history: Whether statements have been watched for a day: until then all are new.
    """
    name = title_of(one.verb, one.tables)
    where = " Mostly not in PostgreSQL." if is_elsewhere(one, server.get(one.fingerprint)) else ""
    if one.timeouts:
        calls = f"{plural(one.timeouts, 'call')} of {one.calls:,}"
        yield Trouble("timeouts", one.fingerprint, f"{name} ran out of time in the last hour: {calls} stopped.")
        return  # it is slower as well; one sentence is enough
    if has_history and one.share > NEW_SHARE and one.first_seen_at >= span.end - NEW_FOR:
        sentence = (
            f"{name} is new and takes {percent(one.share)} of all statement time, as the application saw it.{where}"
        )
        yield Trouble("new", one.fingerprint, sentence)
    elif one.before is not None and is_slower(one, one.before) and not was_so_yesterday(one, span):
        moved = f"p95 went from {spell_ms(one.before.p95_ms)} to {spell_ms(one.p95_ms)}"
        yield Trouble("slower", one.fingerprint, f"{name} became slower: {moved}, as the application saw it.{where}")


def was_so_yesterday(one: StatementView, span: Span) -> bool:
    """Say whether a statement was about as slow at this hour a day ago: then it is its usual hour."""
    then = Span(span.start - DAY, span.end - DAY, span.before_start - DAY, span.step_s)
    try:
        yesterday = reads.find_statement(one.fingerprint, then)
    except StatementNotFound:
        return False
    return bool(yesterday.calls) and not is_slower(one, yesterday)


def told_lately(now: datetime) -> set[tuple[str, str]]:
    """Return fingerprint and kind of what nobody needs to hear again yet."""
    rows = db.session.execute(
        sa.select(Change.fingerprint, Change.kind, Change.told_at).where(
            Change.told_at.is_not(None), Change.at >= now - max(QUIET_FOR.values())
        )
    )
    return {(row.fingerprint, row.kind) for row in rows if row.told_at > now - QUIET_FOR.get(row.kind, DAY)}


def is_watched_since(at: datetime) -> bool:
    """Say whether statements were watched at an instant."""
    first = db.session.scalar(sa.select(sa.func.min(Statement.first_seen_at)))
    return first is not None and first <= at


def tell(trouble: Trouble, now: datetime) -> None:
    """Keep it in the statement's story and tell platform admins."""
    with transaction():
        row = sa.insert(Change).values(
            company_id=installation_id(), id=new_ulid(), at=now, fingerprint=trouble.fingerprint, kind=trouble.kind,
            sentence=trouble.sentence, told_at=now,
        )  # fmt: skip
        db.session.execute(row)
        _send(trouble)


def tell_plans(found: Sequence[StatementView], now: datetime) -> int:
    """Tell of plans that changed and made their statement slower; return how many.

    What a change did is known at once where the hour shows it, else when an hour after it was compared with one before.
    """
    slower = {one.fingerprint: one for one in found if is_slower(one, one.before)}
    same = sa.and_(Statement.company_id == Change.company_id, Statement.fingerprint == Change.fingerprint)
    untold = sa.select(Change, Statement.verb, Statement.tables).join(Statement, same)
    untold = untold.where(Change.kind == "plan", Change.told_at.is_(None), Change.at >= now - DAY)
    told = 0
    with transaction():
        for change, verb, tables in db.session.execute(untold):
            one = slower.get(change.fingerprint)
            moved = (one.before.p95_ms, one.p95_ms) if one is not None and one.before is not None else moved_by(change)
            if moved is None:
                continue
            change.told_at = now
            times = f"p95 went from {spell_ms(moved[0])} to {spell_ms(moved[1])}"
            sentence = f"{title_of(verb, tables)} is planned otherwise and slower: {times}."
            _send(Trouble("plan", change.fingerprint, sentence))
            told += 1
    return told


def moved_by(change: Change) -> tuple[float, float] | None:
    """Return p95 before and after a change of plan, in milliseconds; None unless it became much slower."""
    before, after = (change.detail.get(name, {}).get("p95_ms") for name in ("before", "after"))
    if not before or not after or after < SLOWER * before or after - before < SHIFT_MS:
        return None
    return float(before), float(after)


def _send(trouble: Trouble) -> None:
    record(StatementTroubled(fingerprint=trouble.fingerprint, kind=trouble.kind, sentence=trouble.sentence))
    tell_admins(
        "slow-query", trouble.sentence, link=f"/slow-queries/{trouble.fingerprint}",
        key=f"query-{trouble.kind}:{trouble.fingerprint}",
    )  # fmt: skip
