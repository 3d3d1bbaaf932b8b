"""Masses of waiting jobs, written straight into the ledger's living table: the release looks at nothing else."""

from typing import Any

from app.core.ids import new_ulid

ONE = """
INSERT INTO job_outbox (company_id, job_id, name, queue, priority, due_at)
SELECT %(company)s, %(prefix)s || lpad(n::text, 8, '0'), %(name)s, %(queue)s, %(priority)s,
       now() - interval '1 hour' + n * interval '1 millisecond' + %(later)s * interval '1 second'
FROM generate_series(1, %(count)s) AS n
"""


def let_wait(
    sql: Any, company_id: int, count: int, *, name: str = "chore.append", queue: str = "maintenance", priority: int = 0,
    later_s: float = 0,
) -> None:  # fmt: skip
    """Write jobs that have waited for an hour; those of a later call have waited less."""
    sql.execute(
        ONE,
        {
            "company": company_id, "prefix": new_ulid()[:18], "name": name, "queue": queue, "priority": priority,
            "count": count, "later": later_s,
        },
    )  # fmt: skip


def end_flying(sql: Any, most: int = 1_000_000) -> int:
    """Let jobs that were sent end, the oldest first, as a worker would; return how many did."""
    done = sql.execute(
        "DELETE FROM job_outbox WHERE (company_id, job_id) IN (SELECT company_id, job_id FROM job_outbox "
        "WHERE phase = 'sent' ORDER BY due_at, job_id LIMIT %s)",
        [most],
    )
    return int(done.rowcount)
