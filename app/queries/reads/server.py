"""What PostgreSQL counted in a span, by the fingerprints that the app knows, and what the app never measured."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import sqlalchemy as sa

from app.core.db import db
from app.core.embedded.roles import EXPLAINER
from app.core.installation import installation_id
from app.queries.models import ServerCounter
from app.queries.plans.link import urls_by_role
from app.queries.server.counters import NAMES

HOUR = timedelta(hours=1)
LONG = timedelta(days=1)  # longer spans begin at a full hour, for minutes are not kept as long
SUMS = ", ".join(f"sum({name}) AS {name}" for name in NAMES)
# Hours where they are whole, minutes at the edges; by explicit company, so that the key's index is used.
ROWS = f"""
  SELECT key, {", ".join(NAMES)} FROM server_hours
  WHERE company_id = :whose AND at >= :hours_since AND at < :hours_until
  UNION ALL SELECT key, {", ".join(NAMES)} FROM server_minutes
  WHERE company_id = :whose AND ((at >= :since AND at < :hours_since) OR (at >= :hours_until AND at < :until))
"""
BY_KEY = f"SELECT key, {SUMS} FROM ({ROWS}) r GROUP BY key"
# What the product asks about statements is no work of anybody's: the monitor's login is never read, and EXPLAIN is
# sent by the logins whose plans are asked for.
WORK = "NOT (s.text LIKE 'EXPLAIN (%' AND s.role = ANY(CAST(:logins AS text[])))"
# The app times its transactions, under no text of their own.
NOT_TIMED = (
    "NOT (s.text ~ '^(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|DEALLOCATE|SET|RESET|SHOW)' "
    "AND s.role = ANY(CAST(:logins AS text[])))"
)
# A nested statement's time is part of the one around it, so sums over several take only what was sent itself.
FIGURES = sa.text(
    f"SELECT s.fingerprint, array_agg(DISTINCT s.queryid) AS queryids, {SUMS} FROM ({BY_KEY}) k "
    "JOIN server_statements s ON s.company_id = :whose AND s.key = k.key "
    "WHERE s.is_toplevel AND s.fingerprint = ANY(CAST(:fingerprints AS text[])) GROUP BY s.fingerprint"
)
TOTALS = sa.text(
    f"SELECT count(*) AS entries, {SUMS} FROM ({BY_KEY}) k "
    "JOIN server_statements s ON s.company_id = :whose AND s.key = k.key "
    f"WHERE s.is_toplevel AND {WORK}"
)
ALONE = sa.text(
    f"SELECT s.fingerprint, s.is_toplevel, min(s.text) AS text, array_agg(DISTINCT s.queryid) AS queryids, "
    f"array_agg(DISTINCT s.role) AS roles, {SUMS} FROM ({BY_KEY}) k "
    "JOIN server_statements s ON s.company_id = :whose AND s.key = k.key "
    f"WHERE {WORK} AND {NOT_TIMED} AND (s.fingerprint = '' OR NOT EXISTS (SELECT 1 FROM query_statements q "
    "WHERE q.company_id = :whose AND q.fingerprint = s.fingerprint)) "
    "GROUP BY s.fingerprint, s.is_toplevel, CASE s.fingerprint WHEN '' THEN s.key ELSE '' END "
    "ORDER BY sum(exec_ms) + sum(plan_ms) DESC LIMIT :most"
)


class Window(Protocol):
    """A span of time: `start` belongs to it, `end` does not."""

    @property
    def start(self) -> datetime:
        """Its beginning."""

    @property
    def end(self) -> datetime:
        """Its end."""


@dataclass(frozen=True)
class ServerFigures:
    """What PostgreSQL counted; calls that failed or were stopped are not among them.

    Attributes:
        plan_ms: 0 while pg_stat_statements.track_planning is off.
        hit: Blocks of 8 KiB found in memory; `read` those that were not.
        read_ms: 0 while track_io_timing is off.
        queryids: As text, for JavaScript cannot hold such a number.
    """

    calls: int
    exec_ms: float
    plan_ms: float
    rows: int
    hit: int
    read: int
    read_ms: float
    temp_read: int
    temp_written: int
    wal_bytes: int
    queryids: list[str]

    @property
    def cache_share(self) -> float | None:
        """Share of the blocks that were in memory; None when none was needed."""
        return self.hit / (self.hit + self.read) if self.hit + self.read else None

    @property
    def blocks_a_call(self) -> float:
        """Blocks looked at by one call: what an index changes, whatever else ran."""
        return (self.hit + self.read) / self.calls if self.calls else 0.0

    @property
    def mean_ms(self) -> float:
        """Planning and execution of one call."""
        return (self.exec_ms + self.plan_ms) / self.calls if self.calls else 0.0


@dataclass(frozen=True)
class ServerOnly:
    """A statement the app never measured: of a shell, a backup, a migration, or inside a function.

    Attributes:
        is_nested: It ran inside another statement, whose time holds its own.
        roles: Who sent it.
    """

    fingerprint: str
    text: str
    is_nested: bool
    roles: list[str]
    figures: ServerFigures


@dataclass(frozen=True)
class ServerTotals:
    """All statements of a span together, and the state of the counting.

    Attributes:
        statements: How many different ones ran.
        read_at: When the counters were read last; None when they never were.
        evicted: How often PostgreSQL dropped entries because it holds too many; then figures lack something.
        reset_at: When somebody cleared the counters last.
        held: How many entries PostgreSQL holds.
    """

    figures: ServerFigures
    statements: int
    read_at: datetime | None
    evicted: int
    reset_at: datetime | None
    held: int


def server_figures(fingerprints: Collection[str], span: Window) -> dict[str, ServerFigures]:
    """Return what PostgreSQL counted of statements the app knows; those it has not seen are left out."""
    found = db.session.execute(FIGURES, {**values_of(span), "fingerprints": sorted(fingerprints)}).mappings()
    return {row["fingerprint"]: figures_of(row, row["queryids"]) for row in found}


def list_server_only(span: Window, limit: int = 50) -> list[ServerOnly]:
    """Return what the app never measured, the most time first."""
    found = db.session.execute(ALONE, {**values_of(span), "most": limit}).mappings()
    return [
        ServerOnly(
            row["fingerprint"], row["text"], not row["is_toplevel"], row["roles"], figures_of(row, row["queryids"])
        )
        for row in found
    ]


def totals(span: Window) -> ServerTotals:
    """Return the sums of all statements, and how the counting stands."""
    row = db.session.execute(TOTALS, values_of(span)).mappings().one()
    last = db.session.get(ServerCounter, {"company_id": installation_id(), "key": ""})
    return ServerTotals(
        figures_of(row, []),
        row["entries"],
        last.read_at if last else None,
        last.calls if last else 0,
        last.stats_since if last else None,
        last.rows if last else 0,
    )


def values_of(span: Window) -> dict[str, Any]:  # Any: SQL values
    """Return what `ROWS` needs: minutes, and the whole hours among them."""
    until, is_long = span.end, span.end - span.start > LONG
    since = span.start.replace(second=0, microsecond=0)
    first = since.replace(minute=0)
    since = first if is_long else since
    hours_since = min(first if first == since else first + HOUR, until)
    hours_until = max(until.replace(minute=0, second=0, microsecond=0), hours_since)
    return {
        "whose": installation_id(), "since": since, "until": until, "hours_since": hours_since,
        "hours_until": hours_until, "logins": our_logins(),
    }  # fmt: skip


def our_logins() -> list[str]:
    """Return the logins the product asks for plans with."""
    return sorted({*urls_by_role(), EXPLAINER})


def figures_of(row: Mapping[Any, Any], queryids: list[str]) -> ServerFigures:  # Any: a row's columns
    """Return sums under the names pages use; no row is nothing."""
    whole = {name: int(row[name] or 0) for name in NAMES}
    return ServerFigures(
        calls=whole["calls"], exec_ms=float(row["exec_ms"] or 0), plan_ms=float(row["plan_ms"] or 0),
        rows=whole["rows"], hit=whole["shared_blks_hit"], read=whole["shared_blks_read"],
        read_ms=float(row["read_ms"] or 0), temp_read=whole["temp_blks_read"],
        temp_written=whole["temp_blks_written"], wal_bytes=whole["wal_bytes"], queryids=queryids,
    )  # fmt: skip
