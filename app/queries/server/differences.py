"""What an entry did since it was read before: exact through resets, evictions, restarts and other servers.

Counters only grow while an entry lives. From PostgreSQL 17 on it says since when it lives (`stats_since`), before
that a counter that went down, or an entry that was not there, tells of a new life. What an entry did between our
last reading and the end of its life nobody can know; all the rest is counted once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.queries.server.counters import Entry, Reading, Sums


@dataclass(frozen=True)
class Stored:
    """An entry as it was read before."""

    stats_since: datetime | None
    sums: Sums


@dataclass(frozen=True)
class Before:
    """The reading before, as it is kept.

    Attributes:
        read_at: None when there was none: then all that is found now is where counting begins.
    """

    read_at: datetime | None
    entries: Mapping[str, Stored]


def differences(before: Before, now: Reading) -> dict[str, Sums]:
    """Return what each entry did between two readings; entries that did nothing are left out."""
    if before.read_at is None:
        return {}
    found = {key: _difference(before, entry) for key, entry in now.entries.items()}
    return {key: sums for key, sums in found.items() if sums is not None and any(sums.values())}


def _difference(before: Before, entry: Entry) -> Sums | None:
    stored = before.entries.get(entry.key)
    if entry.stats_since is None:
        if stored is None or went_down(stored.sums, entry.sums):
            return entry.sums
    elif stored is None or stored.stats_since != entry.stats_since:
        # A life that began before our last reading and that we did not see then belongs to another server (a standby
        # that took over): what it did before is not of this span.
        return entry.sums if before.read_at is not None and entry.stats_since > before.read_at else None
    return {name: now - stored.sums[name] for name, now in entry.sums.items()}


def went_down(before: Sums, now: Sums) -> bool:
    """Say whether an entry began anew between two readings."""
    return any(now[name] < value for name, value in before.items())
