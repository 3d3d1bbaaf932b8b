"""A thousand job changes a second with one page open: what arrives, how late, and whether anything is missing."""

import multiprocessing
import threading
import time
from multiprocessing.queues import Queue
from typing import Any

import sqlalchemy as sa

from app.core.context import acting_as
from app.core.db import db, transaction
from app.core.jobs import JobState
from app.core.jobs.facts import JobUpdated
from app.core.outbox import record
from app.core.tenancy import acting_for
from bench import queue_jobs
from tests.realtime.ear import cookie_of
from tests.realtime.wire import RawSocket
from tests.site import Site
from tests.world import Person

ROWS, CHANGES_S, AT_ONCE = 50, 1000, 50
STEP = sa.text(
    "UPDATE jobs SET done = :done, version = version + 1, state = 'running' WHERE id = ANY(:ids) "
    "RETURNING id, name, done, version"
)
QUIET_S = 30.0


def listen(url: str, cookie: str, ready: Any, found: "Queue[Any]") -> None:
    """Hear as a page of jobs does; hand over each message's instant, size and newest versions when told to stop."""
    heard: list[tuple[float, int, dict[str, int], bool]] = []
    raw = RawSocket(url, {"Cookie": cookie})
    raw.connect({"topics": {"jobs": 0}, "rows": True})
    assert raw.hear_event(), "refused"

    def hear() -> None:
        while (event := raw.hear_event()) is not None:
            name, data = event
            if name == "rows":
                versions = {row["id"]: row["version"] for row in data["rows"]}
                heard.append((time.monotonic(), sum(len(row["html"]) for row in data["rows"]), versions, data["busy"]))

    threading.Thread(target=hear, daemon=True).start()
    ready.set()
    wanted = found.get()  # the last version of each row
    limit = time.monotonic() + QUIET_S
    while time.monotonic() < limit and missing(heard, wanted):
        time.sleep(0.02)
    found.put(heard)


def missing(heard: list[tuple[float, int, dict[str, int], bool]], wanted: dict[str, int]) -> set[str]:
    """Return the rows whose last version has not arrived."""
    newest: dict[str, int] = {}
    for _, _, versions, _ in list(heard):
        newest |= versions
    return {row for row, version in wanted.items() if newest.get(row, 0) < version}


def change(person: Person, ids: list[str], seconds: int) -> tuple[dict[str, int], float, float]:
    """Change jobs a thousand times a second; return each one's last version, when the last was committed, and the rate."""
    last: dict[str, int] = {}
    began, pause = time.monotonic(), threading.Event()
    with person.app.app_context(), acting_for(person.company_id), acting_as({"kind": "system", "name": "bench"}):
        for step in range(CHANGES_S * seconds // AT_ONCE):
            pause.wait(max(0.0, began + step * AT_ONCE / CHANGES_S - time.monotonic()))
            with transaction():
                for row in db.session.execute(STEP, {"done": step, "ids": ids}):
                    told = JobUpdated(
                        id=row.id, name=row.name, state=JobState.RUNNING, done=row.done, total=None, message=""
                    )
                    record(told, version=row.version)
                    last[f"job-{row.id}"] = row.version
    ended = time.monotonic()
    return last, ended, CHANGES_S * seconds / (ended - began)


def measure_changes(site: Site, person: Person, place: str, seconds: int) -> None:
    """Print what a page hears of a flood."""
    for name, start in (("relay", site.start_relay), ("web", site.start_web)):
        if name not in site.processes:
            start()
    site.wait_until_ready()
    with person.acting(), transaction():
        ids = [queue_jobs.note_ours.enqueue(0.0, place, title="Changes") for _ in range(ROWS)]
    context = multiprocessing.get_context("spawn")
    ready, found = context.Event(), context.Queue()
    listener = context.Process(target=listen, args=(site.url, cookie_of(person), ready, found))
    listener.start()
    assert ready.wait(60), "the socket did not open"
    last, ended, rate = change(person, ids, seconds)
    found.put(last)
    heard = found.get(timeout=QUIET_S + 60)
    listener.join()
    flood = [one for one in heard if one[0] <= ended]
    lost, lag_ms = missing(heard, last), (heard[-1][0] - ended) * 1000
    print(f"changes: {rate:.0f} a second for {seconds} s to {ROWS} rows; the page got {len(flood) / seconds:.1f} messages a "
          f"second ({sum(size for _, size, _, _ in flood) / seconds / 1000:.0f} kB/s), "
          f"{sum(busy for _, _, _, busy in flood)} of {len(flood)} said busy; the last came {lag_ms:.0f} ms after the last "
          f"commit; rows lost {len(lost)} of {ROWS}", flush=True)  # fmt: skip
