"""What ran in the last week: PostgreSQL's counters, and what the app saw that PostgreSQL never counts.

A statement that is stopped by its time limit is in no counter of the server. The app's own figures know it, so the
worst statements are advised on as well.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pgparse
import sqlalchemy as sa

from app.core.db import db
from app.queries.advisor.expressions import Node, nodes
from app.queries.advisor.types import Query, Writes
from app.queries.models import ServerHour, ServerMinute, ServerStatement, Statement, StatementHour

SPAN = timedelta(days=7)
OUR_LOGINS = ("qd_app", "qd_system", "qd_platform")
MOST = 1000  # statements: those that took most time
VERBS = ("select", "insert", "update", "delete", "merge", "with")
TIMEOUT_MS = 10_000.0  # of the app's login: the least a call took that was stopped


@dataclass
class Counted:
    """Rows written into one table, by how."""

    inserts: int = 0
    deletes: int = 0
    updates: dict[frozenset[str], int] = field(default_factory=lambda: defaultdict(int))


@dataclass(frozen=True)
class Workload:
    """What ran.

    Attributes:
        since: The first reading there is anything of, to the minute; None when there is nothing at all.
    """

    queries: list[Query]
    written: dict[str, Counted]
    since: datetime | None
    until: datetime

    @property
    def span_s(self) -> float:
        """How long it was watched, in seconds."""
        return (self.until - self.since).total_seconds() if self.since else 0.0

    def writes_of(self, table: str, hot_share: float) -> Writes:
        """Return what was written into a table."""
        counted = self.written.get(table, Counted())
        return Writes(counted.inserts, counted.deletes, tuple(counted.updates.items()), hot_share)


def load_workload(now: datetime, span: timedelta = SPAN) -> Workload:
    """Read what ran until now; in the installation's scope."""
    since = now - span
    counted = read_counted(since)
    stopped = read_stopped(since)
    known = {query.fingerprint for query in counted}
    queries = [with_stopped(query, stopped) for query in counted]
    queries += [query for name, query in stopped.items() if name not in known]
    written: dict[str, Counted] = defaultdict(Counted)
    for query in counted:
        count_writes(query, written)
    return Workload([one for one in queries if one.verb != "insert"], dict(written), counting_since(since), now)


def counting_since(earliest: datetime | None = None) -> datetime | None:
    """Return when the first reading was; in the installation's scope.

    Hours are kept for longer, minutes are exact: an hour counts from the first minute in it that is still known.

    Args:
        earliest: No reading before that.
    """
    hours = sa.select(sa.func.min(ServerHour.at))
    hour = db.session.scalar(hours if earliest is None else hours.where(ServerHour.at >= earliest))
    if hour is None:
        return None
    within = sa.and_(ServerMinute.at >= hour, ServerMinute.at < hour + timedelta(hours=1))
    return db.session.scalar(sa.select(sa.func.min(ServerMinute.at)).where(within)) or hour


def read_counted(since: datetime) -> list[Query]:
    """Read PostgreSQL's counters by fingerprint: two entries of one statement (a role, a deploy) are one."""
    blocks = ServerHour.shared_blks_hit + ServerHour.shared_blks_read
    statement = (
        sa.select(
            ServerStatement.fingerprint, sa.func.min(ServerStatement.text), sa.func.min(ServerStatement.role),
            sa.func.sum(ServerHour.calls), sa.func.sum(ServerHour.exec_ms + ServerHour.plan_ms),
            sa.func.sum(ServerHour.rows), sa.func.sum(blocks),
        )
        .join(ServerHour, ServerHour.key == ServerStatement.key)
        .where(ServerHour.at >= since, ServerStatement.is_toplevel, ServerStatement.fingerprint != "")
        .where(ServerStatement.role.in_(OUR_LOGINS))
        .group_by(ServerStatement.fingerprint)
        .order_by(sa.func.sum(ServerHour.exec_ms).desc())
        .limit(MOST)
    )  # fmt: skip
    found = []
    for name, text, role, calls, took_ms, rows, touched in db.session.execute(statement):
        verb = text.split(maxsplit=1)[0].lower() if text else ""
        if verb in VERBS:
            found.append(Query(name, text, verb, int(calls), float(took_ms), int(rows), int(touched), role=role))
    return found


def read_stopped(since: datetime) -> dict[str, Query]:
    """Read statements whose calls were stopped by a limit, by fingerprint: with those calls alone."""
    statement = (
        sa.select(Statement.fingerprint, Statement.text, Statement.verb, sa.func.sum(StatementHour.timeouts))
        .join(StatementHour, StatementHour.fingerprint == Statement.fingerprint)
        .where(StatementHour.at >= since, StatementHour.timeouts > 0)
        .group_by(Statement.fingerprint, Statement.text, Statement.verb)
    )
    return {
        name: Query(name, text, verb, int(times), int(times) * TIMEOUT_MS, timeouts=int(times))
        for name, text, verb, times in db.session.execute(statement)
    }


def with_stopped(query: Query, stopped: dict[str, Query]) -> Query:
    """Add the calls PostgreSQL did not count, and the time they took."""
    missing = stopped.get(query.fingerprint)
    if missing is None:
        return query
    return Query(
        query.fingerprint, query.text, query.verb, query.calls + missing.calls, query.total_ms + missing.total_ms,
        query.rows, query.blocks, missing.timeouts, query.role,
    )  # fmt: skip


def count_writes(query: Query, written: dict[str, Counted]) -> None:
    """Add the rows a statement wrote to the tables it wrote into."""
    try:
        tree = pgparse.parse(query.text)
    except (pgparse.PGQueryError, ValueError):
        return
    for node in nodes(tree, "InsertStmt"):
        written[table_of(node)].inserts += query.rows
    for node in nodes(tree, "DeleteStmt"):
        written[table_of(node)].deletes += query.rows
    for node in nodes(tree, "UpdateStmt"):
        names = frozenset(part["ResTarget"]["name"] for part in node["targetList"])
        written[table_of(node)].updates[names] += query.rows


def table_of(node: Node) -> str:
    """Return the table a statement writes into."""
    return str(node["relation"]["relname"])
