"""All files of a company: given out whole and proved, or erased whole and proved; what is held stays."""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.core.running import saying_to
from app.core.tasks import run_job
from app.storage import providers
from app.storage.care import export
from app.storage.models import StoredFile
from app.storage.problems import FileMissing
from app.storage.reads.files import find_file
from app.storage.service import deleting, opening, trash
from tests.meanwhile import right_after
from tests.storage.care.test_check_files import change, orphan
from tests.storage.shelf import TEXT, is_counted_exactly, keys_at, put_file, rows_of_company
from tests.world import Person


@pytest.fixture
def disk(app_with: Callable[..., Flask]) -> Flask:
    """An app whose files are in a folder of this test's own."""
    return app_with()


def run_to_end(person: Person, answer: Any, company_id: int) -> dict[str, Any]:
    assert answer.status_code == 202, answer.text
    with person.app.app_context():
        run_job(company_id, answer.json["jobId"])
    row = person.world.sql.execute(
        "SELECT state, result, error FROM jobs WHERE id = %s", (answer.json["jobId"],)
    ).fetchone()
    assert row is not None
    assert row["state"] == "done", row
    return dict(row["result"])


def test_an_export_holds_every_file_and_its_digest(disk: Flask, ada: Person) -> None:
    with ada.acting():
        rows = [put_file("letter.txt"), put_file("letter.txt", b"another\n")]
        trash.trash([rows[1].id])
    assert "2 files" in ada.get("/storage/export").text
    result = run_to_end(ada, ada.post("/api/storage/export"), ada.company_id)
    with ada.acting():
        made = find_file(result["page"].rpartition("/")[2])
        with opening.open_file(made) as pieces:
            archive = zipfile.ZipFile(io.BytesIO(b"".join(pieces)))
    news = ada.get("/api/notifications").json["items"][0]
    assert (news["kind"], news["link"]) == ("export-ready", result["page"])
    told = json.loads(archive.read("manifest.json"))["files"]
    assert {one["id"] for one in told} == {row.id for row in rows}
    for one in told:
        assert hashlib.sha256(archive.read(one["name"])).hexdigest() == one["sha256"]
    again = run_to_end(ada, ada.post("/api/storage/export"), ada.company_id)
    assert again["page"] != result["page"]


CHOSEN = "FROM stored_files.*ORDER BY stored_files.id.*LIMIT"
LOOKED_AT = r"FROM stored_files\s+WHERE stored_files.id = "


def archive_of(made: StoredFile) -> tuple[set[str], dict[str, Any]]:
    """Return the names in an archive but its manifest's, and what that says."""
    with opening.open_file(made) as pieces:
        archive = zipfile.ZipFile(io.BytesIO(b"".join(pieces)))
    assert archive.testzip() is None
    return set(archive.namelist()) - {"manifest.json"}, json.loads(archive.read("manifest.json"))


@pytest.mark.parametrize("moment", [CHOSEN, LOOKED_AT])
def test_a_file_deleted_before_its_turn_is_left_out_and_said(disk: Flask, ada: Person, moment: str) -> None:
    """Chosen with 500 others, or looked at just now: it ends no export, and the manifest lists what is there."""
    said: list[str] = []
    with ada.acting():
        gone, kept = put_file("gone.txt"), put_file("kept.txt")

        def delete() -> None:
            trash.purge([gone.id])
            deleting.delete_due()

        with right_after(moment, delete, ada), saying_to(lambda text, level: said.append(text)):
            made = export.export()
        names, told = archive_of(made)
    assert names == {one["name"] for one in told["files"]} == {f"documents/{kept.id}/kept.txt"}
    assert told["gone"] == [gone.id]
    assert said == ["1 file was deleted before its turn came; named in the manifest as gone."]


@pytest.mark.parametrize("moment", [CHOSEN, LOOKED_AT])
def test_a_file_moved_before_its_turn_is_read_where_it_is(seaweed_app: Flask, ada: Person, moment: str) -> None:
    with ada.acting():
        row = put_file("moved.txt")
        bucket, local = providers.provider("s3"), providers.provider("local")

        def move() -> None:
            local.put(row.key, io.BytesIO(TEXT), size_bytes=len(TEXT), content_type=row.content_type)
            change(row, provider="local")
            bucket.delete([row.key])

        with right_after(moment, move, ada):
            made = export.export()
        names, told = archive_of(made)
    assert (names, told["gone"]) == ({f"documents/{row.id}/moved.txt"}, [])


def test_a_file_that_is_lost_still_ends_it(disk: Flask, ada: Person) -> None:
    """Its record is there, its bytes are not: an archive without it would be called whole."""
    with ada.acting():
        row = put_file()
        providers.provider("local").delete([row.key])
        with pytest.raises(FileMissing):
            export.export()


def test_only_who_manages_files_exports_them(disk: Flask, sam: Person, vera: Person) -> None:
    for person in (sam, vera):
        assert person.post("/api/storage/export").status_code == 403
        assert person.get("/storage/export").status_code == 403
        assert person.get("/storage/erasure").status_code == 403


def test_an_erasure_leaves_nothing_and_proves_it(
    disk: Flask, ada: Person, cleo: Person, pat: Person, superuser_url: str
) -> None:
    with ada.acting():
        kept = [put_file() for _ in range(3)]
        trash.trash([kept[0].id])
        stray = orphan(ada)
    with cleo.acting():
        theirs = put_file()
    asked = {"company": ada.company_slug, "typed": ada.company_slug, "reason": "They have left"}
    result = run_to_end(pat, pat.post("/api/storage/erasures", json=asked), pat.company_id)
    assert (result["files"], result["bytes"], result["withoutRecord"]) == (3, 3 * len(TEXT), 1)
    assert result["listedAfterwards"] == {"local": 0}
    with ada.acting():
        assert (rows_of_company(), keys_at()) == ([], set())
    with cleo.acting():
        assert keys_at() == {theirs.key}
    with pat.acting():
        report = find_file(result["page"].rpartition("/")[2])
        with opening.open_file(report) as pieces:
            text = b"".join(pieces).decode()
    lines = text.split("key sha256 bytes\n")[1].splitlines()
    assert sorted(lines) == sorted([f"{row.key} {row.sha256} {row.size_bytes}" for row in kept] + [f"{stray} - -"])
    assert hashlib.sha256("\n".join(lines).encode()).hexdigest() == result["proof"]
    assert is_counted_exactly(superuser_url, int(ada.company_id))


def test_a_held_file_stops_it_before_anything_is_erased(disk: Flask, ada: Person, pat: Person) -> None:
    with ada.acting():
        held, other = put_file("contract.txt"), put_file()
        trash.hold(held.id, "A court asked for it")
    asked = {"company": ada.company_slug, "typed": ada.company_slug, "reason": "They have left"}
    answer = pat.post("/api/storage/erasures", json=asked)
    assert (answer.status_code, answer.json["code"]) == (409, "erasure-held")
    assert "contract.txt" in answer.text
    page = pat.get(f"/storage/erasure?company={ada.company_slug}")
    assert "A court asked for it" in page.text
    with ada.acting():
        assert keys_at() == {held.key, other.key}


def test_it_wants_a_reason_and_the_typed_name(disk: Flask, ada: Person, pat: Person) -> None:
    asked = pat.get(f"/storage/erasure?company={ada.company_slug}")
    assert ada.company_slug in asked.text
    for form in ({"reason": "", "typed": ada.company_slug}, {"reason": "They have left", "typed": "other"}):
        answer = pat.post("/storage/erasure", data={"company": ada.company_slug, **form})
        assert answer.status_code == 422
    assert (
        pat.post("/storage/erasure", data={"company": "nobody-at-all", "reason": "x", "typed": "x"}).status_code == 404
    )
    assert (
        pat.post("/api/storage/erasures", json={"company": ada.company_slug, "typed": "no", "reason": "x"}).status_code
        == 422
    )
    assert (
        ada.post(
            "/api/storage/erasures", json={"company": ada.company_slug, "typed": ada.company_slug, "reason": "x"}
        ).status_code
        == 403
    )
