"""Reaping: what nobody finished goes, with its bytes, its parts and its share of the quota."""

import io
import threading
from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from app.core import clock
from app.storage import providers
from app.storage.problems import FileMissing
from app.storage.reads.files import find_file, look_for_file
from app.storage.service import reaping
from app.storage.service.complete import complete
from app.storage.service.reserve import reserve
from app.storage.service.steps import step
from app.storage.states import State
from tests.storage.shelf import TEXT, is_counted_exactly, keys_at, new_file, put_file, rows_of_company, told_of
from tests.world import Person

LATER = timedelta(hours=25)


def test_a_reservation_nobody_used_goes(ada: Person, superuser_url: str) -> None:
    with ada.acting():
        row = reserve(new_file(size_bytes=5000))
        with time_machine.travel(clock.now() + timedelta(hours=23)):
            reaping.reap()
            assert look_for_file(row.id) is not None
        with time_machine.travel(clock.now() + LATER):
            assert reaping.reap()["abandoned"] >= 1
            reaping.reap()
        assert rows_of_company() == []
        with pytest.raises(FileMissing):
            complete(row.id)
    assert told_of(ada) == [], "what never was is not told of"
    assert is_counted_exactly(superuser_url, ada.company_id)


def test_bytes_and_parts_that_arrived_go_too(ada: Person) -> None:
    with ada.acting():
        local = providers.provider("local")
        whole, parts = reserve(new_file(size_bytes=len(TEXT))), reserve(new_file(size_bytes=9))
        local.put(whole.key, io.BytesIO(TEXT), size_bytes=len(TEXT), content_type="text/plain")
        upload = local.begin_multipart(parts.key, "text/plain")
        local.put_part(parts.key, upload, 1, io.BytesIO(b"x"), size_bytes=1)
        assert step(parts, State.PENDING, upload_id=upload) is not None
        with time_machine.travel(clock.now() + LATER):
            reaping.reap()
        assert rows_of_company() == []
        assert keys_at() == set()
        assert [one for one in local.list_multiparts() if one.upload_id == upload] == []


def test_what_is_ready_stays(ada: Person) -> None:
    with ada.acting():
        row = put_file()
        with time_machine.travel(clock.now() + LATER):
            reaping.reap()
            assert find_file(row.id).state == State.READY


def test_the_reaper_and_a_late_completion_never_leave_half(ada: Person, app: Flask, superuser_url: str) -> None:
    with ada.acting():
        rows = [reserve(new_file(f"{n}.txt", size_bytes=len(TEXT))) for n in range(12)]
        for row in rows:
            providers.provider("local").put(
                row.key, io.BytesIO(TEXT), size_bytes=len(TEXT), content_type="text/plain"
            )  # fmt: skip
    start = threading.Barrier(2)

    def reap() -> None:
        with app.app_context():
            start.wait()
            reaping.reap()

    with time_machine.travel(clock.now() + LATER):
        thread = threading.Thread(target=reap)
        thread.start()
        with ada.acting():
            start.wait()
            for row in reversed(rows):
                try:
                    complete(row.id)
                except Exception as error:  # noqa: BLE001 (whatever it says, nothing half may be left)
                    assert type(error).__name__ in {"FileMissing", "FileNotReady"}  # noqa: PT017
        thread.join()
        with ada.acting():
            reaping.reap()
            left = rows_of_company()
            assert {row.state for row in left} <= {State.READY}
            assert {row.key for row in left} == keys_at()
    assert is_counted_exactly(superuser_url, ada.company_id)
