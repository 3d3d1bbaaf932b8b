"""Deleting: the object first, the copies too, the row last; what fails is tried again."""

import io
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask

from app.core import clock
from app.storage import providers
from app.storage.adapters.local import Local
from app.storage.adapters.protocol import ProviderAway
from app.storage.reads.files import find_file, look_for_file
from app.storage.service import deleting
from app.storage.service.steps import step
from app.storage.service.trash import purge, trash
from app.storage.states import State
from tests.storage.servers import Server, settings_of
from tests.storage.shelf import TEXT, is_counted_exactly, keys_at, put_file, told_of
from tests.world import Person


def test_a_purged_file_goes_with_its_bytes(ada: Person, superuser_url: str) -> None:
    with ada.acting():
        row = put_file()
        small = put_file("small.txt", parent_id=row.id, variant="thumb-256")
        trash([row.id])
        assert {one.id for one in purge([row.id])} == {row.id, small.id}
        assert purge([row.id]) == [], "the same again changes nothing"
        assert deleting.delete_due() >= 2
        assert (look_for_file(row.id), look_for_file(small.id)) == (None, None)
        assert keys_at() == set()
    assert told_of(ada) == [("file.uploaded", row.id), ("file.trashed", row.id), ("file.deleted", row.id)]
    assert is_counted_exactly(superuser_url, ada.company_id)


def test_an_object_that_is_gone_already_is_no_mistake(ada: Person) -> None:
    with ada.acting():
        row = put_file()
        providers.provider("local").delete([row.key])
        purge([row.id])
        deleting.delete_due()
        assert look_for_file(row.id) is None


def test_while_the_provider_is_away_the_row_stays_and_is_tried_later(
    ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: Any) -> None:
        raise ProviderAway("no answer")

    with ada.acting():
        row = put_file()
        purge([row.id])
        monkeypatch.setattr(Local, "delete", away)
        deleting.delete_due()
        waiting = find_file(row.id)
        assert (waiting.state, waiting.tries) == (State.DELETING, 1)
        assert waiting.not_before > clock.now()
        monkeypatch.undo()
        deleting.delete_due()
        assert look_for_file(row.id) is not None, "not before its pause is over"
        with time_machine.travel(clock.now() + timedelta(minutes=1)):
            deleting.delete_due()
        assert look_for_file(row.id) is None
        assert keys_at() == set()


def test_its_copy_goes_too(ada: Person, app_with: Callable[..., Flask], seaweed: Server, bucket: str) -> None:
    app_with(**settings_of(seaweed, bucket))
    with ada.acting():
        row = put_file()
        copy = providers.provider("s3")
        copy.put(row.key, io.BytesIO(TEXT), size_bytes=len(TEXT), content_type="text/plain")
        assert step(row, State.READY, mirror="s3", mirrored_at=clock.now()) is not None
        assert keys_at("s3") == {row.key}
        purge([row.id])
        deleting.delete_due()
        assert (keys_at("s3"), keys_at(), look_for_file(row.id)) == (set(), set(), None)


def test_a_copy_that_cannot_be_reached_keeps_the_row(ada: Person) -> None:
    with ada.acting():
        row = put_file()
        assert step(row, State.READY, mirror="cloudflare-r2") is not None
        purge([row.id])
        deleting.delete_due()
        assert find_file(row.id).tries == 1, "nobody set R2 up here, and nobody knows what it has"


def test_an_upload_in_parts_is_aborted(ada: Person) -> None:
    with ada.acting():
        local = providers.provider("local")
        row = put_file()
        upload = local.begin_multipart(row.key, "text/plain")
        local.put_part(row.key, upload, 1, io.BytesIO(b"x"), size_bytes=1)
        assert step(row, State.READY, upload_id=upload) is not None
        purge([row.id])
        deleting.delete_due()
        assert [one for one in local.list_multiparts() if one.upload_id == upload] == []


def test_of_two_that_delete_at_once_one_tells_of_it(ada: Person, app: Flask) -> None:
    with ada.acting():
        rows = [put_file(f"{n}.txt") for n in range(8)]
        purge([row.id for row in rows])
    start = threading.Barrier(3)

    def work() -> None:
        with app.app_context():
            start.wait()
            deleting.delete_due()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with ada.acting():
        assert keys_at() == set()
    gone = [id_ for type_, id_ in told_of(ada) if type_ == "file.deleted"]
    assert sorted(gone) == sorted(row.id for row in rows)
