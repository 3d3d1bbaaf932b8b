"""What is asked of providers: counted in memory, added to the day every few seconds.

What a killed process had not written, at most five seconds of counts, is lost; what the database could not take waits
for the next time. Figures of cost are estimates, and this is one of the reasons.
"""

import os
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import cast

import sqlalchemy as sa
import structlog
from flask import Flask, current_app, has_app_context
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from app.core import clock, guards
from app.core.db import db, transaction
from app.core.installation import installation, installation_id
from app.core.tenancy import acting_for

log = structlog.get_logger(__name__)
EVERY_S = 5.0
EXTENSION = "quarterdeck-storage-requests"
MOST_PLACES = 50_000  # companies × categories × providers that wait while the database is away
Place = tuple[int, str, str]  # company, category, provider
# A new day begins with what the counters hold; the fold, which writes what it changes, comes later or came before.
ADD = """
INSERT INTO {table} AS held (company_id, category, provider, day, bytes, files, writes, reads, sent_bytes)
SELECT :owner, new.category, new.provider, :day, coalesce(c.bytes, 0), coalesce(c.files, 0), new.writes, new.reads, new.sent
FROM unnest(CAST(:categories AS text[]), CAST(:providers AS text[]), CAST(:writes AS bigint[]),
  CAST(:reads AS bigint[]), CAST(:sent AS numeric[])) AS new (category, provider, writes, reads, sent)
LEFT JOIN LATERAL (
  SELECT sum(bytes) AS bytes, sum(files) AS files FROM {counters} AS c
  WHERE c.company_id = :owner AND c.category = new.category AND c.provider = new.provider AND c.class <> 'pending'
) AS c ON true
ON CONFLICT (company_id, category, provider, day) DO UPDATE SET writes = held.writes + excluded.writes,
  reads = held.reads + excluded.reads, sent_bytes = held.sent_bytes + excluded.sent_bytes
"""
ADD_OWN = sa.text(ADD.format(table="storage_days", counters="storage_counts"))
ADD_ALL = sa.text(ADD.format(table="storage_all_days", counters="storage_all_counts"))


@dataclass
class Asked:
    """Requests of class A (put, copy, list) and B (get, head), and bytes that left the provider."""

    writes: int = 0
    reads: int = 0
    sent_bytes: int = 0

    def add(self, other: "Asked") -> None:
        """Add what another counted."""
        self.writes += other.writes
        self.reads += other.reads
        self.sent_bytes += other.sent_bytes


class Meter:
    """What an app has counted in this process and not yet written, and the thread that writes it."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self._begin()
        os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        """Begin empty; a forked child too, for its parent writes its own."""
        self._counting, self._flushing = threading.Lock(), threading.Lock()
        self._waiting: dict[Place, Asked] = {}
        self._thread: threading.Thread | None = None

    def note(self, place: Place, asked: Asked) -> None:
        """Count, and see that it will be written."""
        with self._counting:
            if place not in self._waiting and len(self._waiting) >= MOST_PLACES:
                return
            self._waiting.setdefault(place, Asked()).add(asked)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="storage-requests", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        ending = threading.Event()  # never set: the process ends with it
        with guards.unguarded():
            while not ending.wait(EVERY_S):
                try:
                    self.flush()
                except SQLAlchemyError as error:
                    log.warning("requests are not written yet", error=str(getattr(error, "orig", error)).strip())
                except Exception:  # the next figures must not wait for ever behind these
                    log.exception("requests are not written")

    def flush(self) -> int:
        """Write what waits; return for how many companies.

        Raises:
            SQLAlchemyError: The database is away; what was not written waits.
        """
        with self._flushing:
            with self._counting:
                taken, self._waiting = self._waiting, {}
            left = [(company, list(places)) for company, places in groupby(sorted(taken), key=lambda place: place[0])]
            count = len(left)
            try:
                with self.app.app_context():
                    while left:
                        _write(left[-1][0], {place: taken[place] for place in left[-1][1]})
                        left.pop()
            finally:
                for place in (place for _, places in left for place in places):
                    self.note(place, taken[place])
            return count


_latest: list[Meter] = []


def init_meter(app: Flask) -> Meter:
    """Let an app count; what is noted outside of any app's context is the newest one's."""
    meter: Meter = app.extensions.setdefault(EXTENSION, Meter(app))
    _latest[:] = [meter]
    return meter


def meter_here() -> Meter | None:
    """Return the meter of this context's app."""
    if has_app_context():
        return cast("Meter | None", current_app.extensions.get(EXTENSION))
    return _latest[0] if _latest else None


def note(
    provider: str, company_id: int, category: str, *, writes: int = 0, reads: int = 0, sent_bytes: int = 0
) -> None:
    """Count what was asked of a provider for a company; cheap, and never fails.

    Args:
        provider: As in a file's row.
        company_id: Whose file it was.
        category: Its category.
        writes: Requests of class A: put, copy, list, each part of a multipart upload.
        reads: Requests of class B: get, head; a signed address counts as one.
        sent_bytes: What left the provider: served by us, or signed for.
    """
    meter = meter_here()
    if meter is not None:
        meter.note((int(company_id), category, provider), Asked(writes, reads, sent_bytes))


def _write(company: int, asked: dict[Place, Asked]) -> None:
    """Add to the company's day and to that of all, each in its own scope; an outage between leaves the second out."""
    try:
        with acting_for(company), transaction():
            db.session.execute(ADD_OWN, _values(company, asked))
    except IntegrityError:  # the company is gone, and what was asked for it
        return
    with installation(), transaction():
        db.session.execute(ADD_ALL, _values(int(installation_id()), asked))


def _values(owner: int, asked: dict[Place, Asked]) -> dict[str, object]:
    places = sorted(asked)
    found: Iterable[Asked] = [asked[place] for place in places]
    return {
        "owner": owner,
        "day": clock.now().date(),
        "categories": [place[1] for place in places],
        "providers": [place[2] for place in places],
        "writes": [one.writes for one in found],
        "reads": [one.reads for one in found],
        "sent": [one.sent_bytes for one in found],
    }
