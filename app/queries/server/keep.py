"""Keeps what a reading of PostgreSQL's counters tells: the differences by minute and hour, and where it stands now.

Differences and the counters they were made from are written in one transaction, whose first act is to take the row of
the reading before (its key is ""). So each is counted once: a relay that ends in between has written nothing, and of two
that read at the same time the second one finds another reading than it began with, and writes nothing.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.core.db import db, transaction
from app.core.ids import CompanyId
from app.core.installation import installation_id
from app.core.tenancy import system_work
from app.queries.models import ServerCounter, ServerStatement
from app.queries.server import keep_sql
from app.queries.server.counters import NAMES, Entry, Reading, Sums
from app.queries.server.differences import Before, Stored
from app.queries.server.texts import fingerprint, safe_text

READING = ""  # the row that stands for the reading itself: calls are evictions, rows are entries


def load_before() -> Before:
    """Return the last reading that was kept."""
    whose = installation_id()
    names = ("key", "read_at", "stats_since", *NAMES)
    statement = sa.select(*(getattr(ServerCounter, name) for name in names)).where(ServerCounter.company_id == whose)
    with system_work():
        stored = {row[0]: row for row in db.session.execute(statement)}
    newest = stored.pop(READING, None)
    entries = {key: Stored(row[2], dict(zip(NAMES, row[3:], strict=True))) for key, row in stored.items()}
    return Before(newest[1] if newest else None, entries)


def unknown_keys(keys: Collection[str]) -> list[str]:
    """Return which of these entries have no text kept."""
    known = sa.select(ServerStatement.key).where(
        ServerStatement.company_id == installation_id(), ServerStatement.key == sa.any_(sa.literal(list(keys), TEXTS))
    )
    with system_work():
        return sorted(set(keys) - set(db.session.scalars(known)))


TEXTS = sa.ARRAY(sa.Text)


def keep(before: Before, now: Reading, found: Mapping[str, Sums], texts: Mapping[str, str]) -> bool:
    """Write a reading, and what its entries did since the one before.

    Args:
        before: The reading that `found` was made from.
        now: The new one.
        found: What each entry did.
        texts: Of entries that are new to us.

    Returns:
        False when somebody else kept another reading meanwhile: then nothing was written.
    """
    whose = installation_id()
    minute = now.read_at.replace(second=0, microsecond=0)
    with system_work(), transaction():
        if take_turn(whose) != before.read_at:
            return False
        run(keep_sql.STATEMENTS, whose, now.read_at, describe(now, texts))
        db.session.execute(keep_sql.SEEN, {"whose": whose, "at": now.read_at, "keys": sorted(found)})
        did = [{"key": key, **sums} for key, sums in sorted(found.items())]
        run(keep_sql.MINUTES, whose, minute, did)
        run(keep_sql.HOURS, whose, minute.replace(minute=0), did)
        run(keep_sql.COUNTERS, whose, now.read_at, [pulse_of(now), *changed(before, now)])
        gone = sorted(before.entries.keys() - now.entries.keys())
        db.session.execute(keep_sql.FORGET, {"whose": whose, "keys": gone})
    return True


def take_turn(whose: CompanyId) -> datetime | None:
    """Lock the row of the last reading, and return when that was; None when there was none."""
    mine = sa.and_(ServerCounter.company_id == whose, ServerCounter.key == READING)
    return db.session.scalar(sa.select(ServerCounter.read_at).where(mine).with_for_update())


def run(statement: sa.TextClause, whose: CompanyId, at: datetime, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows with one statement, whose text is the same however many they are."""
    listed = list(rows)
    if listed:
        db.session.execute(statement, {"whose": whose, "at": at, "rows": json.dumps(listed, default=str)})


def pulse_of(now: Reading) -> dict[str, Any]:
    """Return the row that stands for the reading itself."""
    nothing = dict.fromkeys(NAMES, 0)
    return {**nothing, "key": READING, "stats_since": now.reset_at, "calls": now.evicted, "rows": len(now.entries)}


def changed(before: Before, now: Reading) -> Iterable[dict[str, Any]]:
    """Return the counters of entries that are not as they were kept."""
    for key, entry in sorted(now.entries.items()):
        if is_news(before.entries.get(key), entry):
            yield {"key": key, "stats_since": entry.stats_since, **entry.sums}


def is_news(stored: Stored | None, entry: Entry) -> bool:
    """Say whether an entry is not as it was kept."""
    return stored is None or stored.stats_since != entry.stats_since or stored.sums != entry.sums


def describe(now: Reading, texts: Mapping[str, str]) -> Iterable[dict[str, Any]]:
    """Return new entries with their texts, and the fingerprints that join them to what the app sent."""
    for key, text in sorted(texts.items()):
        entry, safe = now.entries[key], safe_text(text)
        yield {
            "key": key, "queryid": entry.queryid, "role": entry.role, "is_toplevel": entry.is_toplevel, "text": safe,
            "fingerprint": fingerprint(safe),
        }  # fmt: skip
