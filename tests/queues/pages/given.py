"""Jobs in the states that pages show."""

from collections.abc import Callable
from typing import Any

from app.core.db import transaction
from app.core.tasks import JobFunction
from tests.queues import chores
from tests.world import Person

Run = Callable[[Person, str], None]


def queued(person: Person, chore: JobFunction[Any, Any] = chores.count_up, *args: Any, **options: Any) -> str:
    """Queue a chore."""
    with person.acting(), transaction():
        return chore.enqueue(*(args or (3,)), **{"title": "A chore", **options})


def done(person: Person, run: Run, **options: Any) -> str:
    """Queue a chore and run it."""
    job_id = queued(person, chores.count_up, 3, **options)
    run(person, job_id)
    return job_id


def failed(person: Person, run: Run, reason: str = "The shelf is empty", **options: Any) -> str:
    """Queue a chore that is refused."""
    job_id = queued(person, chores.fail, reason, **options)
    run(person, job_id)
    return job_id


def backing_off(person: Person, run: Run) -> str:
    """Queue a chore that has failed once and is tried again later."""
    job_id = queued(person, chores.talk, 3, True, title="Talk")
    run(person, job_id)
    return job_id


def ids(person: Person, query: str) -> list[str]:
    """Return the jobs that a filter finds."""
    answer = person.get(f"/api/jobs?{query}")
    assert answer.status_code == 200, answer.text
    return [job["id"] for job in answer.json["items"]]
