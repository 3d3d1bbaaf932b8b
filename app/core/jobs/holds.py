"""Why a job is not released: a person's pause, an open breaker, a flag.

Features register what may hold (`register`); core knows of none. A pause is a row, so it outlives every process:
the release reads the rows each time, the claim reads them as pushed to its process.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import sqlalchemy as sa
from flask import Flask

from app.core import clock
from app.core.db import db
from app.core.jobs import limits
from app.core.jobs.model import Pause
from app.core.pushed import pushed_of
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
Pauses = Mapping[tuple[str, str], tuple[str, datetime | None]]  # (kind, queue or name or company id) → id, until
_holders: list[Holder] = []
_pauses: dict[tuple[str, str], tuple[str, datetime | None]] = {}
_companies: dict[str, int] = {}  # short names never change


def register(holder: Holder) -> Holder:
    """Register who may hold a job. Asked for every kind that waits, several times a second: answer from memory."""
    if holder not in _holders:
        _holders.append(holder)
    return holder


def find_hold(candidate: Candidate) -> Hold | None:
    """Return what holds such jobs: what lets none through before what only slows them down."""
    found = [hold for holder in (paused, *_holders) if (hold := holder(candidate)) is not None]
    return min(found, key=lambda hold: hold.pace_s > 0, default=None)


def hold_of(candidate: Candidate) -> Hold | None:
    """Return why a job that was delivered must not begin. One let through to probe may."""
    found = find_hold(candidate)
    return found if found is not None and not found.pace_s else None


def paused(candidate: Candidate) -> Hold | None:
    """Return the pause that holds such jobs, as this process knows it."""
    if not _pauses:
        return None
    for key in (("queue", candidate.queue), ("name", candidate.name), ("company", str(candidate.company_id))):
        found = _pauses.get(key)
        if found is not None and (found[1] is None or found[1] > clock.now()):
            return Hold("pause", "Paused", found[1], about=found[0])
    return None


def held_queues() -> Mapping[str, Hold]:
    """Return the queues whose jobs wait for something, and for what."""
    return {
        value: Hold("pause", "Paused", until, about=pause_id)
        for (kind, value), (pause_id, until) in _pauses.items()
        if kind == "queue" and (until is None or until > clock.now())
    }


def refresh(_held: int) -> None:
    """Read the pauses; the keeper of pushed settings calls it."""
    with platform_reads():
        read_pauses(db.session.execute(sa.select(Pause.id, Pause.kind, Pause.value, Pause.until)).all())


def read_pauses(rows: Iterable[sa.Row[str, str, str, datetime | None]]) -> None:
    """Take what the table says in place of what was known."""
    found = {
        (row.kind, str(_company_id(row.value)) if row.kind == "company" else row.value): (row.id, row.until)
        for row in rows
    }
    _pauses.clear()
    _pauses.update(found)


def _company_id(slug: str) -> int:
    if slug not in _companies:
        with platform_reads():
            found = db.session.execute(sa.text("SELECT id FROM companies WHERE slug = :slug"), {"slug": slug})
            _companies[slug] = found.scalar_one()
    return _companies[slug]


def follow(app: Flask) -> None:
    """Keep this process's pauses and limits as the tables say."""
    pushed_of(app).register(KEEPER, refresh)
    pushed_of(app).register(limits.KEEPER, limits.refresh)
