"""How fast files move, when, and who stops them; and the job that moves them a slice at a time."""

import threading
from datetime import UTC, datetime

import pytest
from flask import Flask

from app.core.errors import InvalidInput
from app.core.installation import installation, installation_id
from app.core.tasks import run_job
from app.storage.migrating import service, tasks
from app.storage.migrating.limits import Options, Pace, next_opening
from app.storage.migrating.runner import Ended, run, sole_mover
from app.storage.migrating.standing import Standing
from app.storage.migrating.tally import Tally
from tests.storage.migrating.conftest import Move, look
from tests.storage.shelf import keys_at, put_file
from tests.world import Person


@pytest.mark.parametrize(
    ("window", "hour", "opens"),
    [("", 3, None), ("22-6", 23, None), ("22-6", 5, None), ("22-6", 6, 22), ("1-4", 0, 1), ("1-4", 4, 1), ("0-24", 12, None)],
)  # fmt: skip
def test_a_window_opens_at_its_hour(window: str, hour: int, opens: int | None) -> None:
    opening = next_opening(window, datetime(2026, 11, 22, hour, 30, tzinfo=UTC))
    assert (opening.hour if opening else None) == opens


@pytest.mark.parametrize("wrong", [{"window": "7"}, {"window": "5-5"}, {"threads": 0}, {"verify_percent": 101}])
def test_limits_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        Options().changed(wrong)


def test_no_file_begins_once_stopped() -> None:
    pace = Pace(Options(objects_per_s=0.001))
    assert pace.begin()
    threading.Timer(0.05, pace.stop).start()
    assert not pace.begin()


def test_a_pause_ends_the_run_between_two_files(places: Flask, ada: Person, begun: Move) -> None:
    with ada.acting():
        for number in range(12):
            put_file(f"{number}.txt")
    row = begun(options={"objects_per_s": 2, "threads": 1})

    def pause(standing: Standing, tally: Tally) -> None:
        if not standing.row.is_paused:
            with installation():
                service.pause(row.id)

    with places.app_context():
        assert run(row.id, told=pause) is Ended.PAUSED
        with ada.acting():
            assert len(keys_at("s3")) < 12
        with installation():
            service.limit(row.id, {"objects_per_s": 0, "threads": 4})
            service.resume(row.id)
        assert run(row.id) is Ended.RESTS
    with ada.acting():
        assert len(keys_at("s3")) == 12


def test_outside_its_hours_nothing_moves(places: Flask, ada: Person, begun: Move) -> None:
    with ada.acting():
        put_file("one.txt")
    later = (datetime.now(UTC).hour + 2) % 24
    row = begun(options={"window": f"{later}-{(later + 1) % 24}"})
    with places.app_context():
        assert run(row.id) is Ended.WINDOW
    with ada.acting():
        assert keys_at("s3") == set()


def test_two_processes_never_move_at_once(places: Flask, ada: Person, begun: Move) -> None:
    with ada.acting():
        put_file("one.txt")
    row = begun()
    with places.app_context(), sole_mover() as taken:
        assert taken
        assert run(row.id) is Ended.TAKEN


def test_a_job_moves_files_and_the_next_one_is_queued_when_nobody_did(
    places: Flask, ada: Person, begun: Move
) -> None:  # fmt: skip
    with ada.acting():
        put_file("one.txt")
    row = begun()
    assert row.job_id
    with places.app_context():
        assert tasks.keep_going() == 1  # silent: nobody moved anything yet; the waiting job is enough
        run_job(installation_id(), row.job_id)
        assert look(places, row.id).phase == "ready"
        assert tasks.keep_going() == 0
