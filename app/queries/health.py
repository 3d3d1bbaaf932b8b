"""Whether statements are watched, and whether the database keeps up, in words."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from app.core import clock
from app.core.present import format_duration, plural
from app.queries.reads import statements as reads
from app.queries.reads.overall import folded_at
from app.queries.reads.server import totals
from app.queries.reads.statements import span_of
from app.queries.words import is_slower

SILENT_AFTER = timedelta(minutes=5)  # a quiet night writes nothing down for a minute or two
MOST = 200
Status = Literal["ok", "degraded", "down"]


@dataclass(frozen=True)
class Health:
    """What an alert asks.

    Attributes:
        problems: What is wrong, in sentences.
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
    down, bad = [], []
    if newest is None or now - newest > SILENT_AFTER:
        since = "never" if newest is None else f"{format_duration((now - newest).total_seconds())} ago"
        down.append(f"What statements cost was last written down {since}: no relay leads, or no process ships.")
    if read_at is None or now - read_at > SILENT_AFTER:
        since = "never" if read_at is None else f"{format_duration((now - read_at).total_seconds())} ago"
        bad.append(f"pg_stat_statements was last read {since}.")
    if timing_out:
        bad.append(f"{plural(timing_out, 'statement')} ran out of time in the last hour.")
    if slower:
        bad.append(f"{plural(slower, 'statement')} became much slower than in the hour before.")
    status: Status = "down" if down else "degraded" if bad else "ok"
    return Health(status, [*down, *bad], newest, read_at, timing_out, slower)
