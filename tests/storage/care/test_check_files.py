"""Rows against objects: every orphan, every lost object, every wrong length, and nothing else.

CARE_OBJECTS makes the largest of these tests as large as one likes.
"""

import io
import os
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core import clock
from app.core.db import transaction
from app.core.ids import CompanyId
from app.core.installation import installation
from app.core.tenancy import system_work
from app.storage import providers
from app.storage.care import aside, findings, reconcile
from app.storage.care.reconcile import Rules
from app.storage.care.sheet import Odd
from app.storage.keys import QUARANTINE, new_key
from app.storage.models import StorageCheck, StoredFile
from app.storage.service import deleting, trash
from app.storage.states import Category
from tests.meanwhile import right_after
from tests.storage.shelf import is_counted_exactly, put_file
from tests.world import Person

OBJECTS = int(os.environ.get("CARE_OBJECTS", "2000"))


@pytest.fixture
def disk(app_with: Callable[..., Flask]) -> Flask:
    """An app whose files are in a folder of this test's own."""
    return app_with()


def check(app: Flask, owner: Person, provider: str = "local", **rules: Any) -> StorageCheck:
    """Check the files of one company: other tests have theirs elsewhere."""
    with app.app_context(), installation():
        return reconcile.reconcile(provider, Rules(**({"young_h": -1, "owner": int(owner.company_id)} | rules)))


def orphan(person: Person, body: bytes = b"nobody's", provider: str = "local") -> str:
    key = new_key(person.company_id, Category.DOCUMENTS)
    providers.provider(provider).put(key, io.BytesIO(body), size_bytes=len(body), content_type="text/plain")
    return key


def found(row: StorageCheck) -> dict[str, int]:
    return {kind: row.figures[kind]["found"] for kind in ("orphan", "missing", "size")}


def test_all_that_fits_is_left_alone(disk: Flask, ada: Person) -> None:
    with ada.acting():
        put_file()
    row = check(disk, ada)
    assert (found(row)["orphan"], row.figures["setAside"]) == (0, 0)


def test_an_object_without_a_row_is_set_aside_and_can_come_back(disk: Flask, ada: Person) -> None:
    with ada.acting():
        key = orphan(ada)
        here = providers.provider("local")
        row = check(disk, ada)
        assert row.figures["setAside"] == 1
        assert row.verdict == "warn"
        with installation():
            one = next(one for one in findings.page_of(provider="local", kind="orphan")[0] if one.key == key)
        assert (one.state, one.owner_id) == ("quarantined", int(ada.company_id))
        assert one.moved_to.startswith(QUARANTINE)
        assert here.stat(one.moved_to).size_bytes == len(b"nobody's")
        assert list(here.list(f"{ada.company_id}/")) == []
        aside.put_back(here, one)
        assert here.stat(key).size_bytes == len(b"nobody's")


def test_what_is_young_is_left_alone(disk: Flask, ada: Person) -> None:
    with ada.acting():
        orphan(ada)
    assert found(check(disk, ada, young_h=24))["orphan"] == 0


def test_what_was_deleted_since_it_was_listed_is_no_orphan(disk: Flask, ada: Person) -> None:
    """Its object went first, its row after it: nothing is left that anybody must look at."""
    with ada.acting():
        rows = [put_file() for _ in range(2)]

        def delete() -> None:
            trash.purge([rows[0].id])
            deleting.delete_due()

        with right_after("INSERT INTO seen_objects", delete, ada):
            row = check(disk, ada)
    assert (row.figures["objects"], found(row)) == (2, {"orphan": 0, "missing": 0, "size": 0})
    assert (row.figures["setAside"], row.figures["stopped"]) == (0, "")


def test_one_that_goes_before_it_is_set_aside_is_not_counted(disk: Flask, ada: Person) -> None:
    with ada.acting():
        odds = [Odd(orphan(ada), 8, int(ada.company_id), "", "", None) for _ in range(3)]
        here = providers.provider("local")
        with right_after("FROM stored_files", lambda: here.delete([odds[1].key]), ada), installation():
            assert aside.set_aside(here, odds, "test") == 2
    told = ada.world.sql.execute(
        "SELECT data FROM outbox WHERE type = 'storage.orphans-set-aside' ORDER BY id DESC LIMIT 1"
    ).fetchone()
    assert told is not None
    assert (told["data"]["objects"], told["data"]["bytes"]) == (2, 16)


def test_a_dry_run_says_what_a_run_does(disk: Flask, ada: Person) -> None:
    with ada.acting():
        key = orphan(ada)
        dry = check(disk, ada, is_dry=True)
        assert providers.provider("local").stat(key)
    wet = check(disk, ada)
    assert found(dry) == found(wet) == {"orphan": 1, "missing": 0, "size": 0}
    assert (dry.figures["setAside"], wet.figures["setAside"]) == (0, 1)


def test_many_at_once_are_not_moved_without_a_reason(disk: Flask, ada: Person) -> None:
    with ada.acting():
        keys = [orphan(ada) for _ in range(30)]
        row = check(disk, ada)
        assert (row.verdict, row.figures["setAside"], found(row)["orphan"]) == ("warn", 0, 30)
        assert "100 %" in row.figures["stopped"]
        assert providers.provider("local").stat(keys[0])
    assert check(disk, ada, reason="A bucket of last year").figures["setAside"] == 30


def test_a_lost_object_is_told_and_closed_once_it_is_back(disk: Flask, ada: Person) -> None:
    with ada.acting():
        kept = put_file()
        here = providers.provider("local")
        here.delete([kept.key])
        assert found(check(disk, ada))["missing"] == 1
        assert state_of("missing", kept.key) == "open"
        assert found(check(disk, ada))["missing"] == 1
        body = b"Dear all,\nthe boats are in.\n"
        here.put(kept.key, io.BytesIO(body), size_bytes=len(body), content_type="text/plain")
        assert found(check(disk, ada))["missing"] == 0
        assert state_of("missing", kept.key) == "gone"


def test_a_lost_object_comes_back_from_its_mirror(
    disk: Flask, app_with: Callable[..., Flask], ada: Person, seaweed_app: Flask
) -> None:
    with ada.acting():
        kept = put_file()
        bucket, local = providers.provider("s3"), providers.provider("local")
        body = b"".join(read(kept.provider, kept.key))
        other = local if kept.provider == "s3" else bucket
        other.put(kept.key, io.BytesIO(body), size_bytes=len(body), content_type=kept.content_type)
        change(kept, mirror=other.name, mirrored_at=clock.now() - timedelta(days=1))
        providers.provider(kept.provider).delete([kept.key])
        row = check(seaweed_app, ada, kept.provider)
        assert (row.figures["broughtBack"], row.verdict) == (1, "good")
        assert b"".join(read(kept.provider, kept.key)) == body
        assert state_of("missing", kept.key) == "repaired"


def test_another_length_is_told(disk: Flask, ada: Person) -> None:
    with ada.acting():
        kept = put_file()
        here = providers.provider("local")
        here.delete([kept.key])
        here.put(kept.key, io.BytesIO(b"short"), size_bytes=5, content_type="text/plain")
    row = check(disk, ada)
    assert (found(row)["size"], row.verdict) == (1, "bad")


def test_counters_that_drifted_are_put_right(disk: Flask, ada: Person, superuser_url: str) -> None:
    with ada.acting():
        put_file()
    ada.world.sql.execute(
        "INSERT INTO storage_deltas (company_id, category, provider, class, bytes, files) VALUES (%s, 'documents', 'local', 'live', 7, 3)",
        (ada.company_id,),
    )
    drift = [one for one in check(disk, ada, is_dry=True).figures["drift"] if one["company"] == ada.company_id]
    assert drift == [{"company": ada.company_id, "category": "documents", "class": "live", "bytes": -7, "files": -3}]
    check(disk, ada)
    assert [one for one in check(disk, ada).figures["drift"] if one["company"] == ada.company_id] == []
    assert is_counted_exactly(superuser_url, int(ada.company_id))


def test_every_seeded_fault_among_many_objects_is_found(seaweed_app: Flask, ada: Person) -> None:
    """One orphan, one lost object and one wrong length in fifty."""
    app, person, part = seaweed_app, ada, OBJECTS // 50
    with person.acting():
        bucket = providers.provider("s3")
        keys = [new_key(person.company_id, Category.DOCUMENTS) for _ in range(OBJECTS + part)]
        for key in keys[part:]:
            bucket.put(key, io.BytesIO(b"seeded"), size_bytes=6, content_type="text/plain")
        lost, short, orphans = keys[:part], set(keys[part : 2 * part]), keys[-part:]
        for at in range(0, OBJECTS, 2000):
            rows = [row_for(person.company_id, key, 7 if key in short else 6) for key in keys[:OBJECTS][at : at + 2000]]
            with transaction() as session:
                session.add_all(rows)
    row = check(app, person, "s3", reason="seeded")
    assert found(row) == {"orphan": part, "missing": part, "size": part}
    with app.app_context(), installation():
        told = {(one.kind, one.key) for one in all_findings(row.id)}
    assert told == {("missing", key) for key in lost} | {("size", key) for key in short} | {
        ("orphan", key) for key in orphans
    }
    assert row.figures["setAside"] == part


def all_findings(check_id: str) -> list[findings.StorageFinding]:
    with transaction() as session:
        return list(
            session.scalars(sa.select(findings.StorageFinding).where(findings.StorageFinding.check_id == check_id))
        )


def row_for(company_id: CompanyId, key: str, size_bytes: int) -> StoredFile:
    hour_ago = clock.now() - timedelta(hours=1)
    return StoredFile(
        company_id=company_id, key=key, category="documents", provider="s3", state="ready", file_name=secrets.token_hex(4),
        content_type="text/plain", size_bytes=size_bytes, ready_at=hour_ago, created_at=hour_ago,
    )  # fmt: skip


def state_of(kind: str, key: str) -> str:
    with installation():
        return next(one.state for one in findings.page_of(kind=kind, limit=500)[0] if one.key == key)


def change(row: StoredFile, **values: object) -> None:
    with system_work(), transaction() as session:
        session.execute(sa.update(StoredFile).where(StoredFile.id == row.id).values(**values))


def read(provider: str, key: str) -> list[bytes]:
    with providers.provider(provider).open(key) as pieces:
        return list(pieces)
