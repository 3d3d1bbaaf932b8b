"""Digests read again: a flipped bit is found, brought back from the mirror, and every file has its turn."""

import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from app.core import clock
from app.core.installation import installation
from app.storage import providers
from app.storage.care import cleanup, scrub
from app.storage.models import StorageCheck, StoredFile
from tests.storage.care.test_check_files import change, read, state_of
from tests.storage.shelf import TEXT, put_file
from tests.world import Person

WRONG = TEXT[:-2] + b"!\n"


@pytest.fixture
def disk(app_with: Callable[..., Flask]) -> Flask:
    """An app whose files are in a folder of this test's own."""
    return app_with()


@pytest.fixture
def only_ours(ada: Person) -> None:
    """Other tests' files are elsewhere: they were looked at just now."""
    ada.world.sql.execute(
        "UPDATE stored_files SET checked_at = now() + interval '1 day' WHERE company_id <> %s", (ada.company_id,)
    )


def look(app: Flask, rows: int, name: str = "local") -> StorageCheck:
    """Look at so many files of the ones whose turn it is."""
    with app.app_context(), installation():
        total = scrub.how_many(name, 100)
        return scrub.scrub(name, percent=100 * rows / total)


@pytest.mark.parametrize(
    ("files", "percent", "read"),
    [(0, 5, 0), (1, 5, 1), (100, 5, 5), (101, 5, 6), (11, 200 / 11, 2), (39, 100 / 39, 1), (10**7, 5, scrub.MOST)],
)
def test_a_share_is_rounded_up_but_not_for_an_error_of_arithmetic(files: int, percent: float, read: int) -> None:
    assert scrub.share_of(files, percent) == read


def spoil(row: StoredFile) -> None:
    here = providers.provider(row.provider)
    here.delete([row.key])
    here.put(row.key, io.BytesIO(WRONG), size_bytes=len(WRONG), content_type=row.content_type)


@pytest.mark.usefixtures("only_ours")
def test_good_files_are_noted_and_have_their_turn(disk: Flask, ada: Person, fold: Callable[[], int]) -> None:
    with ada.acting():
        rows = [put_file() for _ in range(3)]
    fold()
    assert look(disk, 2).figures["files"] == 2
    assert look(disk, 1).figures["files"] == 1
    seen = ada.world.sql.execute(
        "SELECT count(checked_at) AS n FROM stored_files WHERE company_id = %s", (ada.company_id,)
    ).fetchone()
    assert seen == {"n": len(rows)}


@pytest.mark.usefixtures("only_ours")
def test_a_flipped_bit_is_found(disk: Flask, ada: Person, fold: Callable[[], int]) -> None:
    with ada.acting():
        kept = put_file()
        spoil(kept)
        fold()
        row = look(disk, 1)
        assert (row.figures["wrong"], row.figures["healed"], row.verdict) == (1, 0, "bad")
        assert state_of("digest", kept.key) == "open"


@pytest.mark.usefixtures("only_ours")
def test_a_flipped_bit_is_mended_from_the_mirror(
    app_with: Callable[..., Flask], seaweed_app: Flask, ada: Person, fold: Callable[[], int]
) -> None:
    with ada.acting():
        kept = put_file()
        assert kept.provider == "s3"
        local = providers.provider("local")
        local.put(kept.key, io.BytesIO(TEXT), size_bytes=len(TEXT), content_type=kept.content_type)
        change(kept, mirror="local", mirrored_at=clock.now() - timedelta(days=1))
        spoil(kept)
        fold()
        row = look(seaweed_app, 1, "s3")
        assert (row.figures["wrong"], row.figures["healed"], row.verdict) == (1, 1, "warn")
        assert b"".join(read("s3", kept.key)) == TEXT
        assert state_of("digest", kept.key) == "repaired"


def test_uploads_nobody_waits_for_are_taken_back(
    seaweed_app: Flask, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ada.acting():
        bucket = providers.provider("s3")
        kept = put_file()
        forgotten = bucket.begin_multipart("1/temp/aa/forgotten", "text/plain")
        waited = bucket.begin_multipart("1/temp/aa/waited", "text/plain")
        change(kept, upload_id=waited)
        with seaweed_app.app_context():
            assert cleanup.clean("s3").uploads == 0
            monkeypatch.setattr(clock, "now", lambda now=clock.now: now() + timedelta(days=3))
            assert cleanup.clean("s3").uploads == 1
            assert cleanup.clean("s3").uploads == 0
        monkeypatch.undo()
        left = {one.upload_id for one in bucket.list_multiparts()}
        assert (waited in left, forgotten in left) == (True, False)


def test_what_was_set_aside_is_emptied_after_the_days_of_the_trash(
    disk: Flask, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.storage.care.test_check_files import check, orphan

    with ada.acting():
        key = orphan(ada)
        check(disk, ada)
        assert cleanup.clean("local").aside == 0
        monkeypatch.setattr(clock, "now", lambda now=clock.now: now() + timedelta(days=32))
        freed = cleanup.clean("local")
        assert (freed.aside, freed.bytes) == (1, len(b"nobody's"))
        assert cleanup.clean("local").aside == 0
        assert state_of("orphan", key) == "gone"
