"""Jobs that only tests have."""

from pathlib import Path
from typing import Any

from app.core.errors import Problem
from app.core.tasks import job, progress


class Refused(Problem, code="chore-refused", status=409):
    """The chore cannot be done. {reason}"""

    reason: str


@job(queue="maintenance", name="chore.append")
def append_line(path: str, text: str) -> dict[str, Any]:
    """Add a line to a file, so that a second run shows."""
    with Path(path).open("a") as target:
        target.write(text + "\n")
    progress(1, 1, "Written")
    return {"lines": 1}


@job(queue="maintenance", name="chore.fail")
def fail(reason: str | None = None) -> None:
    """Fail: with a sentence, or as a bug does."""
    if reason:
        raise Refused(reason=reason)
    raise ZeroDivisionError("a bug")


@job(queue="maintenance", name="chore.count")
def count_up(to: int) -> dict[str, Any]:
    """Say every step."""
    for step in range(1, to + 1):
        progress(step, to, f"Step {step}")
    return {"steps": to}
