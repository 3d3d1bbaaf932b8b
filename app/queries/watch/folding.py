"""The relay's duty: what processes shipped becomes rows, each batch once.

Entries are read, folded in one transaction that also notes each source's number, and removed. A relay that dies in
between leaves entries whose numbers are noted: the next one removes them without counting them again.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
import sqlalchemy as sa
import structlog
from flask import current_app
from redis import Redis
from redis.exceptions import RedisError

from app.core import clock
from app.core.db import db, transaction
from app.core.installation import installation_id
from app.core.redis import connect
from app.core.tenancy import system_work
from app.queries.watch import folding_sql as sql
from app.queries.watch.advice import advice_for
from app.queries.watch.shipping import STREAM
from app.queries.watch.sums import FORM, Sum
from config import Settings

log = structlog.get_logger(__name__)
EVERY_S = 5.0
MOST_A_PASS, MOST_PASSES = 50, 40
BUDGET_S = 2.0
COUNTED = sql.COUNTED.split(", ")
EXTENSION = "quarterdeck-query-fold"
Batch = dict[str, Any]  # Any: JSON of app/queries/watch/sums.py
Row = dict[str, Any]  # Any: columns

_folded: list[Callable[[], object]] = []


def when_folded(act: Callable[[], object]) -> None:
    """Register what is done when new figures stand in the tables."""
    if act not in _folded:
        _folded.append(act)


def fold() -> int:
    """Fold everything that waits, a bounded number of passes; return how many batches were new.

    Raises:
        RedisError: Valkey does not answer; what waits there waits on.
    """
    client, total = _client(), 0
    for _ in range(MOST_PASSES):
        entries: Any = client.xrange(STREAM, count=MOST_A_PASS)  # Any: redis-py's sync and async types in one
        if not entries:
            break
        total += write_batches([batch for _, fields in entries if (batch := read_batch(fields)) is not None])
        client.xdel(STREAM, *(entry for entry, _ in entries))
    if total:
        for act in _folded:
            act()
    return total


def fold_or_wait() -> None:
    """Fold; while Valkey is away there is nothing to fold."""
    try:
        fold()
    except (RedisError, OSError) as error:
        log.info("valkey away; nothing to fold", error=str(error))


def read_batch(fields: dict[bytes, bytes]) -> Batch | None:
    """Return what an entry holds; None when it is none of ours."""
    try:
        batch: Batch = orjson.loads(fields[b"batch"])
        return batch if batch["form"] == FORM else None
    except (KeyError, ValueError, TypeError):
        return None


@dataclass
class Merged:
    """Some batches as rows."""

    minutes: dict[tuple[int, str], Sum] = field(default_factory=dict)
    companies: dict[tuple[int, str, int], Sum] = field(default_factory=dict)
    origins: dict[tuple[str, str, str], list[int]] = field(default_factory=dict)
    texts: dict[str, Row] = field(default_factory=dict)
    examples: list[Row] = field(default_factory=list)
    repeats: dict[tuple[str, str, str], Row] = field(default_factory=dict)
    sources: dict[str, Row] = field(default_factory=dict)

    def add(self, batch: Batch, platform: int) -> None:
        """Add one batch.

        Args:
            batch: What a process shipped.
            platform: The platform company: its statements are the installation's own.
        """
        for minute, fingerprint, by, line, company, *counts in batch["sums"]:
            self.minutes.setdefault((minute, fingerprint), Sum()).add(*counts)
            owner = 0 if company == platform else company
            self.companies.setdefault((minute // 60, fingerprint, owner), Sum()).add(*counts)
            origin = self.origins.setdefault((fingerprint, by, line), [0, 0])
            origin[0] += counts[0]
            origin[1] += counts[4]
        for fingerprint, text, verb, tables in batch["texts"]:
            row = {"fingerprint": fingerprint, "text": text, "verb": verb, "tables": tables}
            self.texts.setdefault(fingerprint, row)
        self.examples += [{**one, "at": instant(one["at"])} for one in batch["examples"]]
        for one in batch["repeats"]:
            self._add_repeat(one)

    def _add_repeat(self, one: Row) -> None:
        row = {**one, "at": instant(one["at"]), "times": 1, "advice": advice_for(one["kind"], one["what"])}
        key = (one["fingerprint"], one["endpoint"], one["line"])
        before = self.repeats.get(key)
        if before is not None:
            row["times"] += before["times"]
            worst = row if row["most"] >= before["most"] else before
            row["most"], row["request_id"] = worst["most"], worst["request_id"]
        self.repeats[key] = row

    def hours(self) -> dict[tuple[int, str], Sum]:
        """Return the minutes added up by the hour."""
        found: dict[tuple[int, str], Sum] = {}
        for (minute, fingerprint), one in self.minutes.items():
            found.setdefault((minute // 60, fingerprint), Sum()).add(*one.shipped())
        return found


def write_batches(batches: Iterable[Batch]) -> int:
    """Write batches that were not written before, in one transaction; return how many those were."""
    waiting = sorted(batches, key=lambda one: (one["source"], one["number"]))
    if not waiting:
        return 0
    platform = int(installation_id())
    with system_work(), transaction():
        db.session.execute(sa.text(sql.ALONE))
        asked = {"installation": platform, "sources": list({one["source"] for one in waiting})}
        folded: dict[str, int] = {one.source: one.number for one in db.session.execute(sa.text(sql.NUMBERS), asked)}
        new, merged = 0, Merged()
        for batch in waiting:
            source, number = batch["source"], batch["number"]
            if number <= folded.get(source, 0):
                continue
            note = merged.sources.setdefault(source, {"source": source, "lost": 0, "dropped": 0})
            note["lost"] += number - folded.get(source, 0) - 1
            note["dropped"] += batch["dropped"]
            note["number"] = folded[source] = number
            merged.add(batch, platform)
            new += 1
        if new:
            _write(merged, platform)
    return new


def _write(merged: Merged, platform: int) -> None:
    at = clock.now()
    values = {"installation": platform, "at": at}
    origins = [
        {"fingerprint": key[0], "endpoint": key[1], "line": key[2], "calls": calls, "total_us": total}
        for key, (calls, total) in merged.origins.items()
    ]
    for statement, rows in (
        (sql.STATEMENTS, list(merged.texts.values())), (sql.ORIGINS, origins), (sql.SAMPLES, merged.examples),
        (sql.REPEATS, list(merged.repeats.values())), (sql.FOLDED, list(merged.sources.values())),
    ):  # fmt: skip
        if rows:
            db.session.execute(sa.text(statement), {**values, "rows": orjson.dumps(rows).decode()})
    hours = {(instant(key[0] * 3600), key[1]): one for key, one in merged.hours().items()}
    add_counts("query_minutes", {(instant(key[0] * 60), key[1]): one for key, one in merged.minutes.items()}, values)
    add_counts("query_hours", hours, values)
    companies = {(instant(key[0] * 3600), *key[1:]): one for key, one in merged.companies.items()}
    add_counts("query_company_hours", companies, values)
    seen = {**values, "fingerprints": sorted({key[1] for key in merged.minutes})}
    db.session.execute(sa.text(sql.SEEN), seen)
    if slow := [one for one in merged.examples if one["kind"] == "slow"]:
        since = min(one["at"] for one in slow)
        touched = {**seen, "since": since, "fingerprints": sorted({one["fingerprint"] for one in slow})}
        db.session.execute(sa.text(sql.SLOWEST), touched)


def add_counts(table: str, sums: Mapping[tuple[Any, ...], Sum], values: Row) -> None:  # Any: key columns
    """Add sums to the rows of a table. Only the fold writes them, and one fold at a time: what is read stays so."""
    key, types = sql.COUNTS[table]
    names = key.split(", ")
    keys = orjson.dumps([dict(zip(names, one, strict=True)) for one in sums]).decode()
    for *place, held in db.session.execute(sa.text(sql.read_buckets(table, key, types)), {**values, "rows": keys}):
        sums[tuple(place)].hold(orjson.loads(held))
    rows = [dict(zip([*names, *COUNTED], [*one, *found.shipped()], strict=True)) for one, found in sums.items()]
    if rows:
        written = {**values, "rows": orjson.dumps(rows).decode()}
        db.session.execute(sa.text(sql.add_counts(table, key, types)), written)


def instant(seconds: float) -> datetime:
    """Return seconds since 1970 as an instant."""
    return datetime.fromtimestamp(seconds, UTC)


def _client() -> Redis:
    settings: Settings = current_app.config["SETTINGS"]
    client: Redis = current_app.extensions.setdefault(EXTENSION, None) or connect(settings, timeout_s=BUDGET_S)
    current_app.extensions[EXTENSION] = client
    return client
