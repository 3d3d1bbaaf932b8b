"""Jobs and attempts as they would stand in the ledger, without running any."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from app.core import clock
from app.core.ids import past_ulid
from app.core.installation import installation_id
from app.queues.figures import fold
from tests.world import Person, World

JOB = """INSERT INTO jobs (company_id, id, name, queue, title, args, actor, request_id, root_id, state, attempts, created_at,
                           signature)
         VALUES (%(company)s, %(id)s, %(name)s, %(queue)s, 'T', '{}', '{}', 'R', %(id)s, %(state)s, %(attempts)s, %(at)s,
                 %(signature)s)"""
ATTEMPT = """INSERT INTO job_attempts (company_id, job_id, number, queue, name, worker, pid, release, started_at, ended_at,
                                       waited_ms, ran_ms, outcome, error, error_type, signature)
             VALUES (%(company)s, %(id)s, %(number)s, %(queue)s, %(name)s, 'w', 1, %(release)s, %(started)s, %(ended)s,
                     %(waited)s, %(ran)s, %(outcome)s, %(error)s, %(kind)s, %(signature)s)"""


class Ledger:
    """Writes rows of the ledger."""

    def __init__(self, world: World) -> None:
        self.world = world

    def end(self, whose: Person, outcome: str = "done", *, ended_at: datetime | None = None, waited_ms: int = 100,
            ran_ms: int = 200, name: str = "chore.append", queue: str = "maintenance", signature: str = "",
            error: str = "", release: str = "r1", state: str | None = None) -> str:  # fmt: skip
        """Write a job with one attempt that ended; return its id."""
        ended = ended_at or clock.now()
        started = ended - timedelta(milliseconds=ran_ms)
        at = started - timedelta(milliseconds=waited_ms)
        row = {
            "company": whose.company_id, "id": past_ulid(at), "name": name, "queue": queue, "number": 1, "attempts": 1,
            "state": state or {"lost": "running"}.get(outcome, outcome), "at": at, "started": started, "ended": ended,
            "waited": waited_ms, "ran": ran_ms, "outcome": outcome, "error": error, "kind": error.partition(":")[0],
            "signature": signature, "release": release,
        }  # fmt: skip
        self.world.sql.execute(JOB, row)
        self.world.sql.execute(ATTEMPT, row)
        return str(row["id"])

    def wait(self, whose: Person, *, queue: str, since: datetime, phase: str = "waiting", name: str = "chore.append",
             due_at: datetime | None = None) -> str:  # fmt: skip
        """Write a job that waits."""
        row = {"company": whose.company_id, "id": past_ulid(since), "name": name, "queue": queue, "at": since,
               "state": "running" if phase == "running" else "queued", "attempts": 0, "signature": ""}  # fmt: skip
        self.world.sql.execute(JOB, row)
        self.world.sql.execute(
            "INSERT INTO job_outbox (company_id, job_id, name, queue, due_at, queued_at, phase) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s)",
            (row["company"], row["id"], name, queue, due_at or since, since, phase),
        )
        return str(row["id"])

    def minutes(self, company_id: int, table: str = "job_minutes") -> list[dict[str, Any]]:
        """Return the rows of one company's sums."""
        return list(
            self.world.sql.execute(
                f"SELECT * FROM {table} WHERE company_id = %s ORDER BY at, queue, name", (company_id,)
            ).fetchall()
        )


@pytest.fixture
def ledger(world: World) -> Ledger:
    """A writer of ended and waiting jobs."""
    return Ledger(world)


@pytest.fixture
def everybody(app: Flask) -> int:
    """The company whose rows are the sums over all."""
    with app.app_context():
        return installation_id()


@pytest.fixture
def fold_minutes(app: Flask) -> Callable[[datetime, datetime], None]:
    """Fold some minutes, as the relay does."""

    def run(since: datetime, until: datetime) -> None:
        with app.app_context():
            fold.fold_minutes(since, until)

    return run
