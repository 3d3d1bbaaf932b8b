"""What runs now: every backend of this database that is doing something or holds a transaction open."""

from dataclasses import dataclass
from datetime import datetime

from app.queries.panels.redact import redact
from app.queries.server.protocol import Link, Row
from app.queries.watch.fingerprint import read_statement

MOST = 200
UNREAD = "x"
# Several backends may block one, and each of them wait in turn; 0 is a prepared transaction.
ACTIVITY = """
SELECT a.pid, coalesce(a.usename::text, '') AS role, a.application_name AS application, a.backend_type,
       coalesce(host(a.client_addr), '') AS client, coalesce(a.state, '') AS state, a.wait_event_type, a.wait_event,
       a.backend_start, a.xact_start, a.query_start, a.state_change, coalesce(a.query_id::text, '') AS queryid,
       a.query AS text, coalesce(r.rolsuper, false) AS is_superuser, clock_timestamp() AS read_at,
       CASE WHEN a.wait_event_type = 'Lock' THEN pg_blocking_pids(a.pid) ELSE '{}'::int[] END AS blocked_by
FROM pg_stat_activity AS a LEFT JOIN pg_roles AS r ON r.oid = a.usesysid
WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND a.application_name <> 'quarterdeck-monitor'
  AND (a.backend_type = 'autovacuum worker' OR a.backend_type = 'client backend' AND coalesce(a.state, '') <> 'idle')
ORDER BY coalesce(a.xact_start, a.query_start, a.backend_start) LIMIT %(most)s
"""
IN_TRANSACTION = ("idle in transaction", "idle in transaction (aborted)")


@dataclass(frozen=True)
class Backend:
    """One connection as the server sees it.

    Attributes:
        text: What it runs or ran last, without values; empty when it is hidden.
        fingerprint: Of that statement; empty when it does not parse, as when the server cut it.
        queryid: PostgreSQL's name of the statement, as text; empty when it has none.
        runs_s: Since its statement began; for how long it idles when it is idle in a transaction.
        transaction_s: Since its transaction began; None outside of one.
        waits_for: Such as `Lock: transactionid`; empty while it works.
        blocked_by: The pids that must end before it goes on; 0 is a prepared transaction.
        started: When the connection began: together with the pid it names one backend for good.
    """

    pid: int
    role: str
    application: str
    client: str
    kind: str
    state: str
    text: str
    fingerprint: str
    queryid: str
    runs_s: float
    transaction_s: float | None
    waits_for: str
    blocked_by: tuple[int, ...]
    started: datetime
    is_superuser: bool

    @property
    def is_idle(self) -> bool:
        """Whether it holds a transaction open and does nothing."""
        return self.state in IN_TRANSACTION

    @property
    def may_be_stopped(self) -> bool:
        """Whether somebody may stop it here: no superuser's work, and none of the server's own."""
        return self.kind == "client backend" and not self.is_superuser and bool(self.role)


def running(link: Link) -> list[Backend]:
    """Return what runs, what has run longest first."""
    return [_backend(row) for row in link.execute(ACTIVITY, {"most": MOST}).fetchall()]


def _backend(row: Row) -> Backend:
    begun = row["state_change"] if row["state"] in IN_TRANSACTION else row["query_start"]
    waits = row["wait_event_type"]
    is_waiting = waits not in {None, "Client", "Activity"} or (waits == "Client" and row["state"] == "active")
    return Backend(
        pid=row["pid"], role=row["role"], application=row["application"], client=row["client"],
        kind=row["backend_type"], state=row["state"], text=_text(row["text"] or ""), fingerprint=_fingerprint(row["text"] or ""),
        queryid=row["queryid"],
        runs_s=_since(begun or row["backend_start"], row["read_at"]) or 0.0,
        transaction_s=_since(row["xact_start"], row["read_at"]),
        waits_for=f"{waits}: {row['wait_event']}" if is_waiting else "", blocked_by=tuple(row["blocked_by"]),
        started=row["backend_start"], is_superuser=row["is_superuser"],
    )  # fmt: skip


def _text(text: str) -> str:
    """Return a statement without values; the server's own words where it hides it are no statement."""
    return "" if text == "<insufficient privilege>" else redact(text)


def _fingerprint(text: str) -> str:
    """Return what names a statement; one that does not parse has a name that nobody else would find."""
    found = read_statement(text).fingerprint if text else ""
    return "" if found.startswith(UNREAD) else found


def _since(at: datetime | None, now: datetime) -> float | None:
    return None if at is None else max((now - at).total_seconds(), 0.0)
