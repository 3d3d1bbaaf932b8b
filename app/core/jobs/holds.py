"""Why a job is not released: a person's pause, an open breaker, a flag.

Features register what may hold (`register`); core knows of none. A pause is a row, so it outlives every process:
the release reads the rows each time, the claim reads them as pushed to its process.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import sqlalchemy as sa
from flask import Flask, current_app

from app.core import clock
from app.core.db import db
from app.core.jobs import limits
from app.core.jobs.model import Pause
from app.core.jobs.rules import RULES
from app.core.pushed import POLL_S, pushed_of
from app.core.tenancy import platform_reads

KEEPER = "job-pauses"  # their name among what is pushed to every process


class Candidate(Protocol):
    """What may be held: a waiting job, or all like it."""

    @property
    def company_id(self) -> int:
        """Whose."""

    @property
    def name(self) -> str:
        """The job's name."""

    @property
    def queue(self) -> str:
        """Its queue."""


@dataclass(frozen=True)
class Kind:
    """All jobs of one name that one company has in a queue: they are held or flow together."""

    company_id: int
    name: str
    queue: str


@dataclass(frozen=True)
class Hold:
    """Why jobs wait.

    Attributes:
        kind: pause, breaker or flag.
        reason: As a page says it: "Paused to 13:00", "Held by ai-service".
        until: When it ends by itself, as far as anybody knows.
        pace_s: One job every so many seconds is let through, to see whether it works again; 0 lets none through.
        about: What holds: the pause's id, the breaker's or the flag's name.
    """

    kind: str
    reason: str
    until: datetime | None = None
    pace_s: float = 0.0
    about: str = ""


Holder = Callable[[Candidate], Hold | None]
EXTENSION = "quarterdeck-job-pauses"
STALE_AFTER_S = 3 * POLL_S  # a process whose keeper sleeps, such as a command, looks itself
_holders: list[Holder] = []


@dataclass(frozen=True)
class Paused:
    """A row of job_pauses as the release compares it."""

    id: str
    until: datetime | None

    def hold(self) -> Hold | None:
        """Return what it does; nothing once its time is over."""
        if self.until is not None and self.until <= clock.now():
            return None
        return Hold("pause", "Paused", self.until, about=self.id)


def register(holder: Holder) -> Holder:
    """Register who may hold a job. Asked for every kind that waits, several times a second: answer from memory."""
    if holder not in _holders:
        _holders.append(holder)
    return holder


def find_hold(candidate: Candidate) -> Hold | None:
    """Return what holds such jobs: what lets none through before what only slows them down."""
    found = [hold for holder in (pause_of, *_holders) if (hold := holder(candidate)) is not None]
    return min(found, key=lambda hold: hold.pace_s > 0, default=None)


def hold_of(candidate: Candidate) -> Hold | None:
    """Return why a job that was delivered must not begin. One let through to probe may."""
    found = find_hold(candidate)
    return found if found is not None and not found.pace_s else None


def pause_of(candidate: Candidate) -> Hold | None:
    """Return the pause that holds such jobs, as this process knows it."""
    pauses = _known()
    if not pauses:
        return None
    keys = (("queue", candidate.queue), ("name", candidate.name), ("company", str(candidate.company_id)))
    holding = (found.hold() for key in keys if (found := pauses.get(key)) is not None)
    return next((hold for hold in holding if hold is not None), None)


def pause_of_queue(queue: str) -> Hold | None:
    """Return the pause of a whole queue."""
    found = _known().get(("queue", queue))
    return found.hold() if found is not None else None


def held_queues() -> Mapping[str, Hold]:
    """Return the queues that wait for something, and for what: a pause of all, or a breaker or flag of some names."""
    found: dict[str, Hold] = {}
    for rules in RULES.values():
        kind = Kind(0, rules.name, rules.queue)
        hold = pause_of_queue(rules.queue) or next((held for one in _holders if (held := one(kind)) is not None), None)
        if hold is not None:
            found.setdefault(rules.queue, hold)
    for what, value in _known():
        paused = pause_of_queue(value) if what == "queue" else None  # also one that nothing is declared for
        if paused is not None:
            found[value] = paused
    return found


def refresh(_held: int) -> None:
    """Read the pauses; the keeper of pushed settings calls it."""
    with platform_reads():
        read_pauses(db.session.execute(PAUSES).all())


PAUSES = sa.select(Pause.id, Pause.kind, Pause.value, Pause.until)


def read_pauses(rows: Iterable[sa.Row[str, str, str, datetime | None]]) -> None:
    """Take what the table says in place of what was known."""
    current_app.extensions[EXTENSION] = {
        (row.kind, str(_company_id(row.value)) if row.kind == "company" else row.value): Paused(row.id, row.until)
        for row in rows
    }


def follow(app: Flask) -> None:
    """Keep this process's pauses and limits as the tables say."""
    pushed_of(app).register(KEEPER, refresh)
    pushed_of(app).register(limits.KEEPER, limits.refresh)


def _known() -> Mapping[tuple[str, str], Paused]:
    keeper = pushed_of(current_app._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001 (the app itself)
    keeper.freshen(KEEPER, STALE_AFTER_S)
    found: Mapping[tuple[str, str], Paused] = current_app.extensions.get(EXTENSION, {})
    return found


def _company_id(slug: str) -> int:
    """Return a company's id, read once per process, for short names do not change; 0 for one that is gone."""
    known: dict[str, int] = current_app.extensions.setdefault(EXTENSION + "-companies", {})
    if slug not in known:
        with platform_reads():
            found = db.session.execute(sa.text("SELECT id FROM companies WHERE slug = :slug"), {"slug": slug})
            known[slug] = found.scalar() or 0
    return known[slug]
