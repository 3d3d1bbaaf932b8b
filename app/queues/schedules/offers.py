"""Which jobs may be scheduled, and what they take.

A job is scheduled by its name alone, so one whose code is in another release, or not written yet, can stand in
the table: it is shown as unknown and does not fire.
"""

import inspect
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError

from app.core.sentences import explain
from app.core.tasks import JOBS
from app.queues.schedules.models import ScheduleScope

OFFERS: dict[str, tuple[ScheduleScope, ...]] = {}


def offer(name: str, *scopes: ScheduleScope) -> None:
    """Let people schedule a job.

    Args:
        name: The job's.
        *scopes: For whom one firing may be; both when left out.
    """
    OFFERS[name] = scopes or tuple(ScheduleScope)


def is_known(name: str) -> bool:
    """Say whether this process has the code of a job."""
    return name in JOBS


def offered() -> list[str]:
    """Return the names that can be scheduled here, in order."""
    return sorted(name for name in OFFERS if name in JOBS)


def fault_of_args(name: str, args: dict[str, Any]) -> str | None:  # Any: JSON values
    """Return why a job does not take these arguments; None when it does, or when it is not known here."""
    if name not in JOBS:
        return None
    function = JOBS[name].function
    try:
        inspect.signature(function).bind(**args)
    except TypeError as error:
        return f"{name} does not take this: {error}. It takes {says_parameters(name)}."
    hints = get_type_hints(function)
    for key, value in args.items():
        try:
            TypeAdapter(hints.get(key, Any)).validate_python(value)
        except ValidationError as error:
            return f"{key}: {explain(dict(error.errors(include_url=False)[0]))}"
    return None


def says_parameters(name: str) -> str:
    """Return what a job takes, as its declaration says: `kind: str, days: int = 7`; `nothing` without any."""
    if name not in JOBS:
        return "what only its own release knows"
    parameters = inspect.signature(JOBS[name].function).parameters.values()
    return ", ".join(str(parameter) for parameter in parameters) or "nothing"
