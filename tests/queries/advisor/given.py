"""Advice and counters as a look and the relay write them."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from app.core.ids import new_ulid
from tests.world import Person

HOUR = timedelta(hours=1)


def advise(pat: Person, *, kind: str = "create", state: str = "open", table: str = "orders", **more: Any) -> str:
    """Write a piece of advice and return its id."""
    inside, took_ms = more.pop("inside", ""), more.pop("took_ms", 5400.0)
    number, name = new_ulid().lower(), more.pop("name", f"ix_{table}_{new_ulid()[-8:].lower()}")
    statements = [
        {"fingerprint": one, "inside": inside, "text": f"SELECT * FROM {table} WHERE email = $1", "calls": 1200, "timeouts": 0,
         "total_ms": took_ms, "before": 4100.5, "after": 8.4, "blocks_a_call": 812.0}
        for one in more.pop("fingerprints", [])
    ]  # fmt: skip
    evidence = {
        "title": f"Index {table} by email", "level": 2, "why_not": [], "name": name, "table": table, "body": f"{table} (email)",
        "method": "btree", "keys": ["email"], "include": [], "where": "", "partitions": [], "rows": 60_000,
        "size_bytes": 2_400_000, "overhead": 0.21, "entries_a_day": 310, "cost_before": 4100.5, "cost_after": 8.4,
        "statements": statements, "helped": max(len(statements), 1), "planned": 40, "unplanned": 0, "span_s": 600_000,
        "scans": 0, "beside": "", "made_by": f"CREATE INDEX {name} ON public.{table} USING btree (email)", **more,
    }  # fmt: skip
    definition = (
        f"CREATE INDEX CONCURRENTLY {name} ON {table} (email)"
        if kind == "create"
        else f"DROP INDEX CONCURRENTLY {name}"
    )
    pat.world.sql.execute(
        "INSERT INTO index_advice (company_id, id, kind, table_name, definition, reason, priority, state, backend, evidence, "
        "found_at, checked_at, built_at, index_name) VALUES (%s, %s, %s, %s, %s, %s, 'high', %s, 'shadow', %s, now(), now(), %s, %s)",
        (
            pat.company_id, number, kind, table, definition, f"One statement asks {table} in this way.", state,
            json.dumps(evidence), datetime.now(UTC) - HOUR if state == "built" else None, name,
        ),
    )  # fmt: skip
    return number


def counted(
    pat: Person, text: str, *, calls: int = 5000, ms: float = 90_000.0, rows: int = 5000, role: str = "qd_app"
) -> str:
    """Write that PostgreSQL counted a statement this hour and four hours ago; return its fingerprint."""
    fingerprint = new_ulid().lower()
    key = f"1:{fingerprint}:true"
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    pat.world.sql.execute(
        "INSERT INTO server_statements (company_id, key, queryid, role, is_toplevel, text, fingerprint, first_seen_at, "
        "last_seen_at) VALUES (%s, %s, '1', %s, true, %s, %s, now(), now())",
        (pat.company_id, key, role, text, fingerprint),
    )
    for at in (now, now - 4 * HOUR):
        pat.world.sql.execute(
            "INSERT INTO server_hours (company_id, at, key, calls, exec_ms, rows, shared_blks_hit) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s)",
            (pat.company_id, at, key, calls, ms, rows, calls * 100),
        )
    return fingerprint


def counted_minute(pat: Person, fingerprint: str, at: datetime, *, calls: int, ms: float, blocks: int) -> None:
    """Write that PostgreSQL counted a statement in one minute."""
    key = f"1:{fingerprint}:true"
    pat.world.sql.execute(
        "INSERT INTO server_statements (company_id, key, queryid, role, is_toplevel, text, fingerprint, first_seen_at, "
        "last_seen_at) VALUES (%s, %s, '1', 'qd_app', true, 'SELECT', %s, now(), now()) ON CONFLICT DO NOTHING",
        (pat.company_id, key, fingerprint),
    )
    pat.world.sql.execute(
        "INSERT INTO server_minutes (company_id, at, key, calls, exec_ms, shared_blks_hit) VALUES (%s, %s, %s, %s, %s, %s)",
        (pat.company_id, at, key, calls, ms, blocks),
    )


def stopped(pat: Person, fingerprint: str, text: str, *, times: int = 3) -> None:
    """Write that the app saw calls of a statement stopped by the time limit this hour; PostgreSQL counted none of them."""
    pat.world.sql.execute(
        "INSERT INTO query_statements (company_id, fingerprint, text, verb, tables, first_seen_at, last_seen_at) "
        "VALUES (%s, %s, %s, 'select', '{users}', now(), now())",
        (pat.company_id, fingerprint, text),
    )
    pat.world.sql.execute(
        "INSERT INTO query_hours (company_id, at, fingerprint, calls, errors, timeouts, total_us) "
        "VALUES (%s, date_trunc('hour', now()), %s, %s, %s, %s, %s)",
        (pat.company_id, fingerprint, times, times, times, times * 10_000_000),
    )
