"""Storing a file that comes through us: row first, bytes after, whole or not at all."""

import errno
import os
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.core import clock
from app.core.db import transaction
from app.core.embedded.ports import find_free_port
from app.core.tenancy import current_company_id
from app.storage import providers
from app.storage.adapters.local import Local
from app.storage.keys import is_key
from app.storage.models import StoredFile
from app.storage.problems import FileMissing, FileTooLarge, StorageAway, StorageFull, TypeNotAllowed, WrongBytes
from app.storage.reads.files import files_of, find_file, look_for_file
from app.storage.service import sending, settle
from app.storage.service.opening import open_file
from app.storage.service.steps import step
from app.storage.states import Category, State
from tests.storage.shelf import (
    TEXT,
    Dripping,
    digest,
    is_counted_exactly,
    keys_at,
    new_file,
    put_file,
    rows_of_company,
    told_of,
)
from tests.world import Person


def read(row: StoredFile, start: int = 0, end: int | None = None) -> bytes:
    with open_file(row, start, end) as pieces:
        return b"".join(pieces)


def test_a_kept_file_is_ready_and_reads_back(ada: Person, superuser_url: str) -> None:
    with ada.acting():
        row = put_file("letter.txt", subject="report:1")
        assert (row.state, row.size_bytes, row.sha256) == (State.READY, len(TEXT), digest(TEXT))
        assert row.content_type == "text/plain"
        assert is_key(row.key)
        assert row.key.startswith(f"{ada.company_id}/documents/")
        assert "letter" not in row.key
        assert row.ready_at is not None
        assert row.expires_at is None
        assert row.actor["name"] == ada.name
        assert read(row) == TEXT
        assert read(row, 5, 8) == TEXT[5:8]
        assert keys_at() == {row.key}
        assert [one.id for one in files_of("report:1")] == [row.id]
    assert is_counted_exactly(superuser_url, ada.company_id)


def test_nobody_of_another_company_finds_it(ada: Person, cleo: Person) -> None:
    with ada.acting():
        row = put_file()
    with cleo.acting():
        assert look_for_file(row.id) is None
        with pytest.raises(FileMissing):
            find_file(row.id)


def test_it_is_told_once_it_is_there(ada: Person) -> None:
    with ada.acting():
        row = put_file("tale.txt")
        put_file("small.txt", parent_id=row.id, variant="thumb-256")
    assert told_of(ada) == [("file.uploaded", row.id)]


def test_a_body_of_unknown_length_goes_through_the_spool(ada: Person, app: Flask) -> None:
    body = b"line\n" * 40_000
    with ada.acting():
        row = sending.keep_unknown(new_file("long.txt"), Dripping(body))  # type: ignore[arg-type]
        assert (row.size_bytes, row.sha256) == (len(body), digest(body))
        assert read(row) == body
    assert list((app.config["SETTINGS"].upload_dir / "spool").iterdir()) == []


def test_a_body_from_a_socket_is_read_once(ada: Person) -> None:
    body = os.urandom(200_000)
    with ada.acting():
        new = new_file("noise.bin", category=Category.TEMP, size_bytes=len(body))
        row = sending.keep(new, Dripping(body))  # type: ignore[arg-type]
        assert read(row) == body
        assert row.expires_at is not None


def test_what_a_job_writes_is_stored_when_its_block_ends_well(ada: Person) -> None:
    with ada.acting():
        with sending.writing_text(new_file("list.csv", category=Category.EXPORTS)) as (text, target):
            text.write("a,b\n1,2\n")
        assert target.file.content_type == "text/csv"
        assert read(target.file) == b"a,b\n1,2\n"


def test_what_a_job_broke_off_is_not_stored(ada: Person) -> None:
    with ada.acting():
        with pytest.raises(ZeroDivisionError), sending.writing(new_file("x.csv", category=Category.EXPORTS)) as target:
            target.write(b"half")
            raise ZeroDivisionError
        assert keys_at() == set()
        assert not rows_of_company()


@pytest.mark.parametrize(
    ("about", "body", "problem"),
    [
        ({"sha256": "0" * 64}, TEXT, WrongBytes),
        ({"size_bytes": len(TEXT) + 1}, TEXT, WrongBytes),
        ({"size_bytes": len(TEXT) - 1}, TEXT, WrongBytes),
        ({"name": "page.html"}, b"<html><script>alert(1)</script>", TypeNotAllowed),
        ({"name": "photo.png"}, TEXT, WrongBytes),
        ({"size_bytes": 6 << 30}, TEXT, FileTooLarge),
    ],
)
def test_what_is_not_what_was_said_leaves_nothing(
    ada: Person, superuser_url: str, about: dict[str, Any], body: bytes, problem: type[Exception]
) -> None:
    with ada.acting():
        with pytest.raises(problem):
            put_file(**({"body": body} | about))
        assert rows_of_company() == []
        assert keys_at() == set()
    assert is_counted_exactly(superuser_url, ada.company_id)


def test_a_sender_who_goes_away_leaves_nothing(ada: Person) -> None:
    body = b"text " * 60_000
    with ada.acting():
        with pytest.raises(ConnectionResetError):
            sending.keep(new_file(size_bytes=len(body)), Dripping(body, breaks_at=150_000))  # type: ignore[arg-type]
        assert rows_of_company() == []
        assert keys_at() == set()


def test_a_full_disk_leaves_nothing(ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: Any) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with ada.acting():
        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(StorageFull):
            put_file()
        monkeypatch.undo()
        assert rows_of_company() == []


def test_a_provider_that_does_not_answer_leaves_a_row_that_is_reaped_soon(
    ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.storage.adapters.protocol import ProviderAway

    def away(*args: Any, **kwargs: Any) -> None:
        raise ProviderAway("no answer")

    with ada.acting():
        monkeypatch.setattr(Local, "put", away)
        with pytest.raises(StorageAway):
            put_file()
        (row,) = rows_of_company()
        assert row.state == State.PENDING
        assert row.expires_at is not None
        assert (row.expires_at - row.created_at).total_seconds() < 3600


def test_while_the_provider_is_away_files_are_kept_on_disk_when_told_so(
    ada: Person, app_with: Callable[..., Flask]
) -> None:
    away = {"s3_endpoint": f"http://127.0.0.1:{find_free_port()}", "aws_s3_bucket": "b", "aws_access_key_id": "k"}
    app_with(storage_provider="s3", storage_fallback=True, aws_secret_access_key="s", **away)
    with ada.acting():
        row = put_file()
        assert (row.state, row.provider, row.mirror, row.mirrored_at) == (State.READY, "local", "s3", None)
        assert read(row) == TEXT


def test_a_copy_is_read_while_the_first_place_is_away(ada: Person, app_with: Callable[..., Flask]) -> None:
    away = {"s3_endpoint": f"http://127.0.0.1:{find_free_port()}", "aws_s3_bucket": "b", "aws_access_key_id": "k"}
    app_with(aws_secret_access_key="s", **away)
    with ada.acting():
        row = put_file()
        moved = step(row, State.READY, provider="s3", mirror="local", mirrored_at=clock.now())
        assert moved is not None
        assert read(moved, 5) == TEXT[5:]
        alone = step(moved, State.READY, mirror="")
        assert alone is not None
        with pytest.raises(StorageAway), open_file(alone):
            pass


def test_no_provider_is_asked_inside_a_transaction(ada: Person) -> None:
    with ada.acting(), transaction(), pytest.raises(RuntimeError, match="inside transaction"):
        put_file()


def test_what_hangs_on_ready_is_done_in_the_same_transaction(ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def hear(row: StoredFile) -> None:
        seen.append(row.id)

    monkeypatch.setattr(settle, "_ready", [hear])
    with ada.acting():
        row = put_file()
    assert seen == [row.id]


def test_a_gate_keeps_a_file_from_being_ready(ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settle, "_gates", [(lambda row: True, lambda row: None)])
    with ada.acting():
        first, second = put_file("one.txt"), put_file("two.txt")
        assert (first.state, second.state) == (State.SCANNING, State.SCANNING)
        passed = settle.let_pass(find_file(first.id))
        assert passed is not None
        assert passed.state == State.READY
        assert settle.let_pass(first) is None, "the same step again"
        refused = settle.refuse(find_file(second.id), "it has EICAR in it")
        assert refused is not None
        assert (refused.state, refused.about["reason"]) == (State.REFUSED, "it has EICAR in it")
        assert providers.provider("local").stat(second.key).size_bytes == len(TEXT)
        assert current_company_id() == ada.company_id
