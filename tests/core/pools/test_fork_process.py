"""A forked child has connections of its own: on its parent's the two would read each other's answers."""

import os

import sqlalchemy as sa
from flask import Flask

from app.core.db import db
from app.core.tenancy import platform_reads

PID = sa.text("SELECT pg_backend_pid()")
THERE = sa.text("SELECT count(*) FROM pg_stat_activity WHERE pid = :pid")


def backend_of(app: Flask) -> int:
    """Return which backend answers here."""
    with app.app_context(), platform_reads():
        return int(db.session.scalar(PID))


def test_a_child_asks_over_a_connection_of_its_own(app: Flask) -> None:
    before = backend_of(app)
    assert backend_of(app) == before, "kept, so a child would find it in the pool"
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writes, str(backend_of(app)).encode())
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert int(os.read(reads, 20)) != before
    with app.app_context(), platform_reads():
        there = db.session.scalar(THERE, {"pid": before})
    assert there == 1, "and its end takes nothing from the parent"
    os.close(reads)
    os.close(writes)
