"""The three turns that nearly every job takes, each in one statement: written, taken while it waits, done by its worker.

What is out of the ordinary (a lost worker, a held job, a failure) goes the long way of claim.py and ledger.py, which
write the same rows. Within each statement the row of `jobs` is locked before that of `job_outbox`, as everywhere.
"""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from app.core import clock
from app.core.db import db
from app.core.jobs.attempts import Place
from app.core.jobs.model import Job

_COLUMNS = tuple(Job.__table__.c)
_NAMES = ", ".join(column.name for column in _COLUMNS)
_RETURNED = ", ".join(f"jobs.{column.name}" for column in _COLUMNS)

_ADD = sa.text(
    f"""
    WITH added AS (
      INSERT INTO jobs ({_NAMES}) VALUES ({", ".join(f":{column.name}" for column in _COLUMNS)})
      RETURNING company_id, id, name, queue, priority
    )
    INSERT INTO job_outbox (company_id, job_id, name, queue, priority, due_at, queued_at, phase)
    SELECT company_id, id, name, queue, priority, :run_at, :run_at, :phase FROM added
    """
)
_TAKE = sa.text(
    f"""
    WITH due AS (
      SELECT company_id, job_id, queued_at FROM job_outbox
      WHERE job_id = :job AND name = :name AND queue = :queue AND phase IN ('sent', 'waiting')
    ), taken AS (
      UPDATE jobs SET state = 'running', attempts = jobs.attempts + 1, started_at = :now, lease_until = :until,
        worker = :worker, error = '', signature = '', version = jobs.version + 1
      FROM due WHERE jobs.id = :job AND jobs.company_id = due.company_id AND jobs.state = 'queued'
      RETURNING {_RETURNED}, due.queued_at
    ), begun AS (
      INSERT INTO job_attempts AS kept (company_id, job_id, number, queue, name, started_at, worker, pid, release, waited_ms)
      SELECT company_id, id, attempts, queue, name, :now, :worker, :pid, :release,
        greatest(floor(extract(epoch FROM :now - queued_at) * 1000), 0)::bigint FROM taken
      ON CONFLICT (company_id, job_id, number) DO UPDATE SET
        queue = excluded.queue, name = excluded.name, started_at = excluded.started_at, worker = excluded.worker,
        pid = excluded.pid, release = excluded.release, waited_ms = excluded.waited_ms,
        ended_at = NULL, ran_ms = NULL, outcome = NULL, error = '', error_type = '', traceback = '', signature = ''
    ), kept AS (
      UPDATE job_outbox SET phase = 'running', sends = 0, due_at = :again_at, queued_at = :until
      FROM taken WHERE job_outbox.job_id = :job AND job_outbox.company_id = taken.company_id
    )
    SELECT {_NAMES} FROM taken
    """
)
_END = sa.text(
    f"""
    WITH ended AS (
      UPDATE jobs SET state = 'done', finished_at = :now, lease_until = NULL, result = :result, version = version + 1
      WHERE id = :job AND state IN ('queued', 'running')
      RETURNING {_RETURNED}
    ), closed AS (
      UPDATE job_attempts SET outcome = 'done', ended_at = :now,
        ran_ms = greatest(extract(epoch FROM :now - job_attempts.started_at) * 1000, 0)::bigint
      FROM ended
      WHERE job_attempts.job_id = :job AND job_attempts.company_id = ended.company_id
        AND job_attempts.number = :attempt AND job_attempts.outcome IS NULL
    ), gone AS (
      DELETE FROM job_outbox USING ended WHERE job_outbox.job_id = :job AND job_outbox.company_id = ended.company_id
    )
    SELECT {_NAMES} FROM ended
    """
)


_INSTANT = sa.DateTime(timezone=True)
ADD = _ADD.bindparams(
    *(sa.bindparam(column.name, type_=column.type) for column in _COLUMNS), sa.bindparam("run_at", type_=_INSTANT)
)
TAKE = _TAKE.bindparams(*(sa.bindparam(name, type_=_INSTANT) for name in ("now", "until", "again_at"))).columns(
    *_COLUMNS
)
END = _END.bindparams(
    sa.bindparam("now", type_=_INSTANT), sa.bindparam("result", type_=JSONB(none_as_null=True))
).columns(*_COLUMNS)  # fmt: skip


def add(job: Job, run_at: datetime, phase: str) -> None:
    """Write a new job and its outbox row.

    Args:
        job: The job; it stays outside the session.
        run_at: When it can be run.
        phase: As `job_outbox` has it.
    """
    values = {column.name: getattr(job, column.name) for column in _COLUMNS}
    db.session.execute(ADD, values | {"run_at": run_at, "phase": phase})


def take(job_id: str, name: str, queue: str, place: Place, until: datetime) -> Job | None:
    """Take a job that waits, begin its attempt and its lease; None when it is not simply so.

    Args:
        job_id: The job.
        name: Its name, by which the caller has asked what holds it.
        queue: Its queue, likewise: a row that says otherwise is left to who reads it first.
        place: Where it runs.
        until: When its lease ends.
    """
    values = {"job": job_id, "name": name, "queue": queue, "now": clock.now(), "until": until}
    return _one(TAKE, values | {"again_at": until + timedelta(seconds=1)} | asdict(place))


def end(job_id: str, attempt: int, result: Any) -> Job | None:  # Any: what a job returns, JSON or nothing
    """Write that a job is done; None when it had ended before."""
    return _one(END, {"job": job_id, "attempt": attempt, "result": result, "now": clock.now()})


def _one(statement: sa.Executable, values: dict[str, Any]) -> Job | None:  # Any: values of columns
    """Return the row as a job outside the session: to be read, and at no cost of keeping track of it."""
    row = db.session.execute(statement, values).mappings().one_or_none()
    return None if row is None else Job(**row)
