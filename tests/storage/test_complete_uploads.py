"""Completing what was sent to the provider itself: it is looked at before it is ready."""

import io
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask

from app.core import clock
from app.core.tasks import run_job
from app.storage import providers
from app.storage.models import StoredFile
from app.storage.problems import FileMissing, FileNotReady, TypeNotAllowed, WrongBytes
from app.storage.reads.files import find_file, look_for_file
from app.storage.service import complete as completing
from app.storage.service import reaping
from app.storage.service.complete import complete
from app.storage.service.reserve import reserve
from app.storage.service.steps import step
from app.storage.states import State
from tests.storage.shelf import TEXT, digest, is_counted_exactly, keys_at, new_file, rows_of_company
from tests.world import Person

HTML = b"<html><script>alert(1)</script></html>"


def send(row: StoredFile, body: bytes) -> None:
    """Put bytes where the row says, as a browser does with a signed address."""
    providers.provider(row.provider).put(row.key, io.BytesIO(body), size_bytes=len(body), content_type="text/plain")


def reserved(body: bytes = TEXT, name: str = "letter.txt", **about: Any) -> StoredFile:
    return reserve(new_file(name, **({"size_bytes": len(body)} | about)))


def test_a_file_that_arrived_is_ready_and_asking_again_says_the_same(ada: Person, superuser_url: str) -> None:
    with ada.acting():
        row = reserved(sha256=digest(TEXT).upper())
        assert row.state == State.PENDING
        send(row, TEXT)
        done = complete(row.id)
        assert (done.state, done.sha256, done.expires_at) == (State.READY, digest(TEXT), None)
        again = complete(row.id)
        assert (again.id, again.version) == (done.id, done.version)
    assert is_counted_exactly(superuser_url, ada.company_id)


def test_what_has_not_arrived_can_be_completed_later(ada: Person) -> None:
    with ada.acting():
        row = reserved()
        with pytest.raises(FileNotReady):
            complete(row.id)
        send(row, TEXT)
        assert complete(row.id).state == State.READY


@pytest.mark.parametrize(
    ("about", "sent"),
    [({"size_bytes": len(TEXT) + 1}, TEXT), ({"sha256": "0" * 64}, TEXT)],
)
def test_another_length_or_digest_leaves_nothing(
    ada: Person, superuser_url: str, about: dict[str, Any], sent: bytes
) -> None:
    with ada.acting():
        row = reserved(**about)
        send(row, sent)
        with pytest.raises(WrongBytes):
            complete(row.id)
        assert rows_of_company() == []
        assert keys_at() == set()
        with pytest.raises(FileMissing):
            complete(row.id)
    assert is_counted_exactly(superuser_url, ada.company_id)


@pytest.mark.parametrize(("name", "problem"), [("photo.png", WrongBytes), ("letter.txt", (TypeNotAllowed, WrongBytes))])
def test_a_page_that_calls_itself_otherwise_is_refused(ada: Person, name: str, problem: type[Exception]) -> None:
    with ada.acting():
        row = reserved(HTML, name)
        send(row, HTML)
        with pytest.raises(problem):
            complete(row.id)
        refused = find_file(row.id)
        assert refused.state == State.REFUSED
        assert refused.about["reason"]
        with pytest.raises(FileNotReady):
            complete(row.id)
        with time_machine.travel(clock.now() + timedelta(days=2)):
            reaping.reap()
        assert look_for_file(row.id) is None
        assert keys_at() == set()


def test_parts_are_put_together(ada: Person) -> None:
    parts = [b"a" * 5_242_880, b"end\n"]
    body = b"".join(parts)
    with ada.acting():
        local = providers.provider("local")
        row = reserved(body)
        upload = local.begin_multipart(row.key, "text/plain")
        begun = step(row, State.PENDING, upload_id=upload, part_bytes=len(parts[0]))
        assert begun is not None
        local.put_part(row.key, upload, 1, io.BytesIO(parts[0]), size_bytes=len(parts[0]))
        with pytest.raises(FileNotReady):
            complete(row.id)
        local.put_part(row.key, upload, 2, io.BytesIO(parts[1]), size_bytes=len(parts[1]))
        done = complete(row.id)
        assert (done.state, done.sha256, done.upload_id) == (State.READY, digest(body), "")
        assert list(local.list_multiparts(row.key)) == []


def test_parts_put_together_before_a_crash_are_found(ada: Person) -> None:
    with ada.acting():
        local = providers.provider("local")
        row = reserved()
        upload = local.begin_multipart(row.key, "text/plain")
        assert step(row, State.PENDING, upload_id=upload, part_bytes=1 << 20) is not None
        part = local.put_part(row.key, upload, 1, io.BytesIO(TEXT), size_bytes=len(TEXT))
        local.complete_multipart(row.key, upload, [part])
        assert complete(row.id).state == State.READY


def test_a_large_file_is_read_by_a_job(ada: Person, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(completing, "READ_HERE_BYTES", 10)
    with ada.acting():
        row = reserved()
        send(row, TEXT)
        waiting = complete(row.id)
        assert (waiting.state, waiting.sha256) == (State.UPLOADED, "")
    job = ada.world.sql.execute(
        "SELECT id FROM jobs WHERE company_id = %s AND name = 'storage.verify'", (ada.company_id,)
    ).fetchone()
    assert job is not None
    with app.app_context():
        run_job(ada.company_id, job["id"])
        run_job(ada.company_id, job["id"])
    with ada.acting():
        assert (find_file(row.id).state, find_file(row.id).sha256) == (State.READY, digest(TEXT))


def test_what_a_crash_left_uploaded_is_finished_by_the_relay(ada: Person) -> None:
    with ada.acting():
        row = reserved()
        send(row, TEXT)
        left = step(row, State.PENDING, state=State.UPLOADED.value, expires_at=clock.now())
        assert left is not None
        assert reaping.finish_uploaded() >= 1
        assert find_file(row.id).state == State.READY


def test_another_company_completes_nothing(ada: Person, cleo: Person) -> None:
    with ada.acting():
        row = reserved()
        send(row, TEXT)
    with cleo.acting(), pytest.raises(FileMissing):
        complete(row.id)
