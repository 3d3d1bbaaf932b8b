"""Statements with figures, written as the fold writes them."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from app.core.histogram import Histogram
from app.core.ids import new_ulid
from tests.world import Person

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
TABLE = "order_lines"


@dataclass
class Sent:
    """A statement that was measured."""

    pat: Person
    fingerprint: str
    text: str
    seen: list[datetime] = field(default_factory=list)

    @property
    def path(self) -> str:
        """Its page."""
        return f"/slow-queries/{self.fingerprint}"

    def called(
        self, ms: float, times: int = 40, *, ago: timedelta = 10 * MINUTE, timeouts: int = 0, **more: int
    ) -> "Sent":
        """Write down that it was called so often, each time taking so long, in one minute and its hour."""
        at = datetime.now(UTC).replace(second=0, microsecond=0) - ago
        self._count("query_minutes", at, ms, times, timeouts, **more)
        self._count("query_hours", at.replace(minute=0), ms, times, timeouts, **more)
        return self

    def called_by(self, company: int, ms: float, times: int) -> "Sent":
        """Write down whose work it was, this hour."""
        at = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        self._count("query_company_hours", at, ms, times, 0, company=company)
        return self

    def _count(self, table: str, at: datetime, ms: float, times: int, timeouts: int, **more: int) -> None:
        """Add calls to a row, as the fold does."""
        us, company = int(ms * 1000), more.get("company")
        whose = "" if company is None else f"of_company_id = {company} AND "
        where = f"{whose}company_id = %s AND at = %s AND fingerprint = %s"
        key = (self.pat.company_id, at, self.fingerprint)
        old = self.pat.world.sql.execute(f"SELECT buckets FROM {table} WHERE {where}", key).fetchone()
        histogram = Histogram.of([us] * times)
        if old is None:
            columns = "company_id, at, fingerprint" + (", of_company_id" if whose else "")
            values = (*key, company) if whose else key
            marks = ", ".join(["%s"] * len(values))
            self.pat.world.sql.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", values)
        else:
            histogram += Histogram.read(old["buckets"])
        self.pat.world.sql.execute(
            f"UPDATE {table} SET calls = calls + %s, errors = errors + %s, timeouts = timeouts + %s, rows = rows + %s, "
            f"total_us = total_us + %s, max_us = greatest(max_us, %s), buckets = %s WHERE {where}",
            (times, timeouts, timeouts, more.get("rows", times), us * times, us, json.dumps(histogram.stored()), *key),
        )  # fmt: skip

    def from_line(self, endpoint: str, line: str = "app/orders/reads.py:88", calls: int = 40) -> "Sent":
        """Write down where it is sent from."""
        self.pat.world.sql.execute(
            "INSERT INTO query_origins (company_id, fingerprint, endpoint, line, calls, total_us, last_seen_at) "
            "VALUES (%s, %s, %s, %s, %s, %s, now())",
            (self.pat.company_id, self.fingerprint, endpoint, line, calls, calls * 1000),
        )
        return self

    def counted(self, exec_ms: float, calls: int = 40, *, hit: int = 3, read: int = 1) -> "Sent":
        """Write down what PostgreSQL counted of it, in one minute and its hour."""
        key, at = self.fingerprint, datetime.now(UTC).replace(second=0, microsecond=0) - MINUTE
        self.pat.world.sql.execute(
            "INSERT INTO server_statements (company_id, key, queryid, role, is_toplevel, text, fingerprint, first_seen_at, "
            "last_seen_at) VALUES (%s, %s, '1', 'qd_app', true, %s, %s, now(), now())",
            (self.pat.company_id, key, self.text, self.fingerprint),
        )
        for table, instant in (("server_minutes", at), ("server_hours", at.replace(minute=0))):
            self.pat.world.sql.execute(
                f"INSERT INTO {table} (company_id, at, key, calls, exec_ms, shared_blks_hit, shared_blks_read) "
                "VALUES (%s, %s, %s, %s, %s, %s, %s)",
                (self.pat.company_id, instant, key, calls, exec_ms, hit, read),
            )
        return self

    def sampled(self, kind: str, ms: float, **more: str) -> "Sent":
        """Keep a single call."""
        self.pat.world.sql.execute(
            "INSERT INTO query_samples (company_id, at, id, fingerprint, kind, took_us, sqlstate, request_id, endpoint, line) "
            "VALUES (%s, now(), %s, %s, %s, %s, %s, %s, %s, %s)",
            (
                self.pat.company_id, new_ulid(), self.fingerprint, kind, int(ms * 1000), more.get("sqlstate", ""),
                more.get("request_id", ""), more.get("endpoint", ""), more.get("line", ""),
            ),
        )  # fmt: skip
        return self

    def repeated(self, most: int, advice: str = "selectinload(Order.lines)") -> "Sent":
        """Keep that one request sent it again and again."""
        self.pat.world.sql.execute(
            "INSERT INTO query_repeats (company_id, fingerprint, endpoint, line, kind, times, most, advice, request_id, "
            "first_seen_at, last_seen_at) VALUES (%s, %s, 'orders.list_orders', 'app/orders/reads.py:88', 'lazy', 3, %s, "
            "%s, 'req-1', now(), now())",
            (self.pat.company_id, self.fingerprint, most, advice),
        )
        return self

    def changed(self, kind: str, sentence: str) -> "Sent":
        """Keep that something happened to it."""
        self.pat.world.sql.execute(
            "INSERT INTO query_changes (company_id, id, at, fingerprint, kind, sentence) VALUES (%s, %s, now(), %s, %s, %s)",
            (self.pat.company_id, new_ulid(), self.fingerprint, kind, sentence),
        )
        return self


def sent(pat: Person, *, verb: str = "select", table: str = TABLE, first_seen: timedelta = 9 * 24 * HOUR) -> Sent:
    """Make a statement nobody else has: its text holds a column of its own name."""
    mark = new_ulid().lower()
    text = {
        "select": f"SELECT {table}.sku, sum({table}.quantity) FROM {table} WHERE {table}.mark_{mark} = $1 LIMIT $2",
        "update": f"UPDATE {table} SET mark_{mark} = $1 WHERE id = $2",
    }[verb]
    made = Sent(pat, mark[-16:], text)
    pat.world.sql.execute(
        "INSERT INTO query_statements (company_id, fingerprint, text, verb, tables, first_seen_at, last_seen_at) "
        "VALUES (%s, %s, %s, %s, %s, now() - %s, now())",
        (pat.company_id, made.fingerprint, text, verb, [table], first_seen),
    )
    return made


def row_of(html: str, one: Sent) -> str:
    """Return its row of the list."""
    return html.split(f'id="statement-{one.fingerprint}"')[1].split("</tr>", maxsplit=1)[0]


def forget_all(pat: Person) -> None:
    """Empty what is known of statements, so that shares and verdicts are this test's alone."""
    tables = "query_minutes, query_hours, query_company_hours, query_samples, query_origins, query_repeats, query_changes, query_statements, "
    tables += "server_statements, server_minutes, server_hours"
    pat.world.sql.execute(f"TRUNCATE {tables}")
