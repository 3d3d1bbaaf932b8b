"""A job whose effect is a row, and a ledger of its runs: what the test of lost jobs counts."""

import os
import signal
import threading

import sqlalchemy as sa

from app.core.db import transaction
from app.core.tasks import job, say

TABLES = (
    "CREATE TABLE IF NOT EXISTS flock (key text PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())",
    "CREATE TABLE IF NOT EXISTS flock_runs (key text NOT NULL, at timestamptz NOT NULL DEFAULT now())",
    "GRANT SELECT, INSERT ON flock, flock_runs TO qd_app",
)
_pause = threading.Event()


@job(queue="notification", name="flock.count")
def count_lamb(lamb: str, pause_s: float) -> None:
    """Begin, take a while, and let the lamb in, which has its key as every idempotent job should."""
    with transaction() as session:
        session.execute(sa.text("INSERT INTO flock_runs (key) VALUES (:key)"), {"key": lamb})
    say(f"Counting {lamb}")
    _pause.wait(pause_s)
    with transaction() as session:
        session.execute(sa.text("INSERT INTO flock (key) VALUES (:key) ON CONFLICT DO NOTHING"), {"key": lamb})
    _pause.wait(pause_s)


@job(queue="notification", name="flock.poison", retries=1)
def poison() -> None:
    """Take the process down with it, each time."""
    say("Here I go")
    _pause.wait(0.7)  # the line is written within half a second
    os.kill(os.getpid(), signal.SIGKILL)


@job(queue="notification", name="flock.dawdle", retries=0, time_limit_s=1)
def dawdle() -> None:
    """Take longer than it may."""
    _pause.wait(300)
