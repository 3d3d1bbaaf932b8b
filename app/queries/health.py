"""Whether statements are watched, and whether the database keeps up, in words."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa

from app.accounts.models import Company
from app.core import clock
from app.core.db import db
from app.core.installation import installation_id
from app.core.present import format_duration, plural
from app.queries.forgetting import emptied_since
from app.queries.reads import statements as reads
from app.queries.reads.overall import folded_at
from app.queries.reads.server import totals
from app.queries.reads.statements import span_of
from app.queries.words import is_slower

SILENT_AFTER = timedelta(minutes=5)  # a quiet night writes nothing down for a minute or two
AWHILE = timedelta(days=8)
MOST = 200
Status = Literal["ok", "starting", "degraded", "down"]
STARTING = "Nothing is known yet: what statements cost is written down for the first time within a minute."


@dataclass(frozen=True)
class Health:
    """What an alert asks.

    Attributes:
        status: `starting` in the first minutes of an installation, before anything was written down.
        problems: What is wrong, in sentences; while it starts, what it waits for.
        folded_at: The newest minute that was written down.
        server_read_at: When PostgreSQL's own counters were read last.
    """

    status: Status
    problems: list[str]
    folded_at: datetime | None
    server_read_at: datetime | None
    timing_out: int
    slower: int


def health_of_statements() -> Health:
    """Return how statements are. Inside the installation."""
    now, span = clock.now(), span_of("1h")
    newest, read_at = folded_at(), totals(span).read_at
    found = [one for one in reads.list_statements(span, only_slow=True, limit=MOST).items if one.known_at is None]
    timing_out = sum(one.timeouts > 0 for one in found)
    slower = sum(is_slower(one, one.before) for one in found)
    if newest is None and read_at is None and is_fresh(now):
        return Health("starting", [STARTING], None, None, timing_out, slower)
    down, bad = [], []
    if newest is None or now - newest > SILENT_AFTER:
        down += silence_of(newest, now)
    if read_at is None or now - read_at > SILENT_AFTER:
        bad.append(f"pg_stat_statements was {last(read_at, now, 'read')}.")
    if timing_out:
        bad.append(f"{plural(timing_out, 'statement')} ran out of time in the last hour.")
    if slower:
        bad.append(f"{plural(slower, 'statement')} became much slower than in the hour before.")
    status: Status = "down" if down else "degraded" if bad else "ok"
    return Health(status, [*down, *bad], newest, read_at, timing_out, slower)


def is_fresh(now: datetime) -> bool:
    """Say whether the installation was made just now, so that nothing can have been written down."""
    made = db.session.scalar(sa.select(Company.created_at).where(Company.id == installation_id()))
    return made is not None and now - made <= SILENT_AFTER


def silence_of(newest: datetime | None, now: datetime) -> list[str]:
    """Return why nothing is written down; empty where it was emptied just now and begins again."""
    emptied = emptied_since(newest or now - AWHILE)
    if emptied is not None and now - emptied.at <= SILENT_AFTER:
        return []
    when = last(newest, now, "written down")
    if emptied is not None:
        when = f"not written down since {emptied.by} emptied it {ago(emptied.at, now)}"
    return [f"What statements cost was {when}: no relay leads, or no process ships."]


def last(at: datetime | None, now: datetime, did: str) -> str:
    """Return `last read 7 min ago`, or `never read`."""
    return f"never {did}" if at is None else f"last {did} {ago(at, now)}"


def ago(at: datetime, now: datetime) -> str:
    """Return how long ago an instant was."""
    return f"{format_duration((now - at).total_seconds())} ago"
