"""Jobs that only tests have."""

from pathlib import Path
from typing import Any

from app.core.db import transaction
from app.core.errors import Problem
from app.core.tasks import job, progress, say


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


@job(queue="maintenance", name="chore.spawn")
def spawn(children: int) -> dict[str, Any]:
    """Queue others."""
    with transaction():
        return {"children": [count_up.enqueue(1, title=f"Child {number}") for number in range(children)]}


@job(queue="maintenance", name="chore.talk", retries=1)
def talk(lines: int, fail_at_the_end: bool = False) -> None:
    """Say lines, and break off when asked to."""
    for number in range(1, lines + 1):
        say(f"Line {number}", "warning" if number == 2 else "info")
    if fail_at_the_end:
        raise ValueError(f"Order 417 is not 'shipped' after {lines} lines")


@job(queue="email", name="chore.deliver")
def deliver_to(address: dict[str, Any], times: int = 1) -> dict[str, Any]:
    """Take an object that may hold what looks like a secret."""
    return {"address": address, "times": times}
