"""The job that is measured, ours and plain Celery's: it says when it began."""

import os
import time

from celery import Celery
from redis import Redis

from app.core.tasks import job

DONE = "bench:done"
plain = Celery("bench-plain", broker=os.environ.get("PLAIN_BROKER", "redis://127.0.0.1/1"))
plain.conf.update(task_ignore_result=True, worker_hijack_root_logger=False)
_places: dict[str, "Redis"] = {}


def note(sent_at: float, place: str) -> None:
    """Write down when it was sent and when it began."""
    client = _places.setdefault(place, Redis.from_url(place))
    client.rpush(DONE, f"{sent_at}:{time.time()}")


@job(queue="notification", name="bench.note")
def note_ours(sent_at: float, place: str) -> None:
    """Ours."""
    note(sent_at, place)


@plain.task(name="bench.plain")
def note_plain(sent_at: float, place: str) -> None:
    """Celery's own."""
    note(sent_at, place)
