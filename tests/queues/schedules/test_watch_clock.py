"""Who looks at the clock, and the alarm when nobody does."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask

from app.core import clock
from app.queues.schedules import ticking, watch
from tests.world import Person

Rows = Callable[..., list[dict[str, Any]]]
TOLD = "SELECT data FROM outbox WHERE type = %s ORDER BY id"


@pytest.fixture(autouse=True)
def nobody_yet(world: Any, app: Flask) -> Iterator[None]:
    """Begin with no process that ever looked."""
    world.sql.execute("DELETE FROM schedulers")
    yield
    world.sql.execute("DELETE FROM schedulers")
    app.extensions.pop(watch.EXTENSION, None)


def test_silence_is_told_once_within_90_seconds_and_so_is_its_end(app: Flask, pat: Person, rows: Rows) -> None:
    before = [len(rows(TOLD, kind)) for kind in ("scheduler.silent", "scheduler.back")]
    with time_machine.travel(clock.now(), tick=False) as traveller, app.app_context():
        ticking.say_alive()
        traveller.shift(timedelta(seconds=55))
        assert not watch.look().is_silent
        traveller.shift(timedelta(seconds=10))
        assert watch.look().is_silent
        assert watch.look().is_silent
        assert watch.SILENT_AFTER.total_seconds() + watch.LOOK_EVERY_S + ticking.HEARTBEAT_S <= 90
        assert watch.silent_mark() is not None
        assert len(rows(TOLD, "scheduler.silent")) == before[0] + 1
        traveller.shift(timedelta(seconds=5))
        ticking.say_alive()
        assert not watch.look().is_silent
        assert watch.silent_mark() is None
    assert len(rows(TOLD, "scheduler.silent")) == before[0] + 1
    (*_, back) = rows(TOLD, "scheduler.back")
    assert back["data"]["silentS"] == 70
    assert len(rows(TOLD, "scheduler.back")) == before[1] + 1


def test_pages_and_json_say_that_nobody_looks(app: Flask, pat: Person) -> None:
    assert "Nobody has looked at the clock yet" in pat.get("/schedules").text
    with app.app_context():
        ticking.say_alive()
    told = pat.get("/api/schedules").json["scheduler"]
    assert (told["silent"], len(told["processes"])) == (False, 1)
    with time_machine.travel(clock.now() + timedelta(minutes=2)):
        told = pat.get("/api/schedules").json["scheduler"]
        assert (told["silent"], told["processes"]) == (True, [])
        assert "Nobody looks at the clock, so nothing runs" in pat.get("/schedules").text
        with app.app_context():
            watch.look()
        assert "nobody looks at the clock" in pat.get("/schedules").text


def test_one_of_two_is_enough_and_the_gone_are_forgotten(
    app: Flask, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    with time_machine.travel(clock.now(), tick=False) as traveller, app.app_context():
        monkeypatch.setattr("app.core.process._kind", "beat")
        ticking.say_alive()
        monkeypatch.setattr("app.core.process._kind", "relay")
        ticking.say_alive()
        assert len(watch.look().processes) == 2
        traveller.shift(timedelta(seconds=70))
        ticking.say_alive()
        assert [name.split(":")[0] for name in watch.look().processes] == ["relay"]
        traveller.shift(timedelta(hours=2))
        ticking.say_alive()
    assert [row["process"].split(":")[0] for row in rows("SELECT process FROM schedulers")] == ["relay"]
