"""How much of a queue is in workers' hands at once, and how long its jobs should wait at most."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import current_app

from app.core.db import db
from app.core.jobs.model import QueueSettings
from config import Settings

TARGET_WAIT_S = 60
# What people wait for, or what others wait for, sooner; what runs at night, whenever.
TARGETS_S = {
    "search": 10, "cache": 10, "email": 30, "notification": 30, "export": 60, "sync": 60, "report": 120, "ocr": 120, "files": 60,
    "ai-processing": 300, "analytics": 600, "maintenance": 600, "cleanup": 3600, "backup": 3600,
}  # fmt: skip
KEEPER = "queue-settings"  # their name among what is pushed to every process


@dataclass(frozen=True)
class QueueLimits:
    """What holds for one queue.

    Attributes:
        concurrency: Jobs of the queue that workers have in hand at once.
        target_wait_s: Jobs that wait longer make the queue late.
        is_changed: True when a person set one of them; else they are as environment and code say.
    """

    concurrency: int
    target_wait_s: int
    is_changed: bool = False


EXTENSION = "quarterdeck-queue-settings"
CHANGES = sa.select(QueueSettings.queue, QueueSettings.concurrency, QueueSettings.target_wait_s)


def settings_of(queue: str) -> QueueLimits:
    """Return a queue's limits, from memory."""
    changed: dict[str, tuple[int | None, int | None]] = current_app.extensions.get(EXTENSION, {})
    concurrency, target_wait_s = changed.get(queue, (None, None))
    settings: Settings = current_app.config["SETTINGS"]
    return QueueLimits(
        concurrency or settings.slots_of(queue),
        target_wait_s or TARGETS_S.get(queue, TARGET_WAIT_S),
        is_changed=concurrency is not None or target_wait_s is not None,
    )


def refresh(_held: int) -> None:
    """Read what people changed; the keeper of pushed settings calls it inside the installation."""
    read_changes(db.session.execute(CHANGES))


def read_changes(rows: sa.Result[Any]) -> None:  # Any: the row's columns
    """Take what the table says in place of what was known."""
    found = {row.queue: (row.concurrency, row.target_wait_s) for row in rows}
    current_app.extensions[EXTENSION] = found
