"""What a rule is, what it looks at, and what it says."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Conf = Mapping[str, Any]  # Any: Celery's settings


class Standing(StrEnum):
    """How a rule is kept."""

    KEPT = "kept"
    UNKNOWN = "unknown"  # who would know does not answer
    NOTE = "note"  # works, and could be better
    WARNING = "warning"  # jobs come late, or are in somebody's way
    DANGER = "danger"  # jobs can be lost or done twice


ORDER = [Standing.DANGER, Standing.WARNING, Standing.UNKNOWN, Standing.NOTE, Standing.KEPT]


@dataclass(frozen=True)
class WorkerSeen:
    """A worker as it answered last.

    Attributes:
        conf: The settings it runs with.
        is_online: It answers.
    """

    node: str
    slots: int = 0
    queues: Sequence[str] = ()
    registered: Sequence[str] = ()
    conf: Conf = field(default_factory=dict)
    is_online: bool = True


@dataclass(frozen=True)
class Surroundings:
    """What the rules look at.

    Attributes:
        conf: Celery's settings in this process.
        environment: production, staging, development or test.
        environ: This process's environment; None when it is not a worker's.
        eviction: Valkey's maxmemory-policy; None when it does not say.
        max_memory: Its bound in bytes, 0 for none.
        workers: None when nobody asked them yet; those that were never asked are not in it.
        waiting: Queue → names of jobs that wait or were sent.
        known_names: Names of jobs that this release declares.
        time_limits_s: Names with a time limit of their own.
        slots: Queue → jobs at once.
        stuck: Messages that workers have held for longer than any job may run.
        is_clock_watched: Somebody fires schedules; None when it cannot be said.
        skew_s: Whose clock → how far it is ahead of the database's.
    """

    conf: Conf
    environment: str = "development"
    environ: Mapping[str, str] | None = None
    eviction: str | None = None
    max_memory: int = 0
    workers: Sequence[WorkerSeen] | None = None
    waiting: Mapping[str, Sequence[str]] = field(default_factory=dict)
    known_names: frozenset[str] = frozenset()
    time_limits_s: Mapping[str, int] = field(default_factory=dict)
    slots: Mapping[str, int] = field(default_factory=dict)
    stuck: int | None = None
    is_clock_watched: bool | None = None
    skew_s: Mapping[str, float] = field(default_factory=dict)

    @property
    def online(self) -> list[WorkerSeen]:
        """Workers that answer."""
        return [one for one in self.workers or () if one.is_online]

    def confs(self) -> list[tuple[str, Conf]]:
        """Return whose settings there are: this process's, and those of every worker that told its own."""
        told = [(one.node, {**self.conf, **one.conf}) for one in self.online if one.conf]
        return [("this release", self.conf), *told]


@dataclass(frozen=True)
class Judged:
    """What a rule says.

    Attributes:
        found: What is so, with figures.
        fix: What to set; "" when it is kept.
    """

    standing: Standing
    found: str
    fix: str = ""


@dataclass(frozen=True)
class Rule:
    """One rule.

    Attributes:
        title: What should be so.
        why: What happens otherwise.
        at_start: Looked at when a relay or a worker starts, from settings alone.
        refuses: A danger by it keeps a relay or a worker from starting.
    """

    code: str
    title: str
    why: str
    judge: Callable[[Surroundings], Judged]
    at_start: bool = False
    refuses: bool = False


@dataclass(frozen=True)
class Result:
    """A rule and how it is kept here."""

    rule: Rule
    judged: Judged

    @property
    def severity(self) -> tuple[int, str]:
        """By which results are put in order: the worst first."""
        return ORDER.index(self.judged.standing), self.rule.code


RULES: dict[str, Rule] = {}
Judge = Callable[[Surroundings], Judged]


def rule(code: str, title: str, why: str, *, at_start: bool = False, refuses: bool = False) -> Callable[[Judge], Judge]:
    """Register a rule; its words are what a page shows."""

    def register(judge: Judge) -> Judge:
        RULES[code] = Rule(code, title, why, judge, at_start, refuses)
        return judge

    return register


def kept(found: str) -> Judged:
    """Say that a rule is kept."""
    return Judged(Standing.KEPT, found)


def listed(names: Sequence[str], most: int = 5) -> str:
    """Return names, a few of many."""
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")
