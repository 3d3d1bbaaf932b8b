"""What was said of a kind of job where it was declared: its queue, its retries, its limits, what it needs."""

import inspect
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

RETRIES = 3
BACKOFF_S = 5.0
RULES: dict[str, "Rules"] = {}


@dataclass(frozen=True)
class Rules:
    """How the jobs of one name run.

    Attributes:
        name: The job's name in tables and messages.
        queue: Where it waits; "" for a name that nothing declares any more.
        signature: What its function takes.
        needs: Breakers without which it is pointless: while one is open it is held.
        retries: How often it is tried again after an accident.
        backoff_s: The first pause before that; each next one is three times as long.
        time_limit_s: After so long it is interrupted; None for the queue's common limit.
    """

    name: str
    queue: str = ""
    signature: inspect.Signature = field(default_factory=inspect.Signature)
    needs: tuple[str, ...] = ()
    retries: int = RETRIES
    backoff_s: float = BACKOFF_S
    time_limit_s: int | None = None

    @property
    def most_attempts(self) -> int:
        """The first one and the retries."""
        return 1 + self.retries

    def bind(self, *args: Any, **kwargs: Any) -> dict[str, Any]:  # Any: JSON values
        """Return the arguments by name.

        Raises:
            TypeError: The function does not take them.
        """
        return dict(self.signature.bind(*args, **kwargs).arguments)


def declare(rules: Rules) -> None:
    """Keep what a declaration said."""
    RULES[rules.name] = rules


def rules_of(name: str) -> Rules:
    """Return the rules of a name; the common ones for a name that nothing declares any more."""
    return RULES.get(name) or Rules(name)


def names_that_need(breakers: Iterable[str]) -> list[str]:
    """Return the names of jobs that one of these breakers holds while it is open."""
    wanted = set(breakers)
    return sorted(rules.name for rules in RULES.values() if wanted.intersection(rules.needs))
