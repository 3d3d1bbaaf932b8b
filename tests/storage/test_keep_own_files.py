"""What the product makes itself: exports and reports in storage, kept for FILE_KEEP_DAYS; older ones where they were."""

from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask

from app.core import clock, files
from app.core.tasks import run_job
from app.documents.service.keeping import file_on_disk
from app.documents.service.keeping import path_of as document_path
from app.orders.imports.problems import FileIsGone
from app.orders.imports.upload import is_kept, uploaded_file
from app.orders.imports.upload import path_of as import_path
from app.storage.problems import FileMissing
from app.storage.reads.files import files_of, find_file, look_for_file
from app.storage.service import own, reaping, settle
from app.storage.service.trash import hold
from app.storage.states import State
from tests.meanwhile import right_after
from tests.storage.shelf import TEXT, put_file
from tests.world import Person


def export_items(app: Flask, person: Person) -> dict[str, Any]:
    """Have the inventory exported by a job, and return the job."""
    asked = person.post("/inventory/exports")
    assert asked.status_code == 303, asked.text
    job_id = asked.headers["Location"].rpartition("/")[2]
    with app.app_context():
        run_job(person.company_id, job_id)
    found: dict[str, Any] = person.get(f"/api/jobs/{job_id}").json
    assert found["state"] == "done", found
    return found


def test_an_export_is_a_stored_file_and_one_click_away(app: Flask, ada: Person, vera: Person, cleo: Person) -> None:
    job = export_items(app, ada)
    with ada.acting():
        (row,) = files_of(f"job:{job['id']}")
        assert (row.category, row.state, row.content_type) == ("exports", State.READY, "text/csv")
        assert row.file_name == job["result"]["file"]
        assert not (files.root() / "exports" / str(ada.company_id)).exists()
    answer = vera.get(f"/jobs/{job['id']}/file")
    assert answer.status_code == 200
    assert answer.data.startswith(b"\xef\xbb\xbfSKU,")
    assert answer.headers["Content-Disposition"] == f"attachment; filename={row.file_name}"
    assert answer.headers["Content-Length"] == str(row.size_bytes)
    same = vera.get(f"/jobs/{job['id']}/file", headers={"If-None-Match": answer.headers["ETag"]})
    assert (same.status_code, same.data) == (304, b"")
    assert cleo.get(f"/jobs/{job['id']}/file").status_code == 404


def test_what_runs_again_replaces_its_file(ada: Person) -> None:
    with ada.acting():
        first, second = put_file(subject="job:1"), put_file(subject="job:1")
        assert own.leave_only("job:1", [second.id]) == 1
        assert find_file(first.id).state == State.DELETING
        assert [one.id for one in files.kept("job:1")] == [second.id]
        hold(second.id, "case 12")
        assert own.leave_only("job:1") == 0, "what is held stays"


def test_a_made_file_is_kept_for_file_keep_days(app: Flask, ada: Person) -> None:
    job = export_items(app, ada)
    keep_days = app.config["SETTINGS"].file_keep_days
    with ada.acting():
        (row,) = files_of(f"job:{job['id']}")
        with time_machine.travel(clock.now() + timedelta(days=keep_days, minutes=1)):
            reaping.reap()
            assert find_file(row.id).state == State.TRASHED
        assert ada.get(f"/jobs/{job['id']}/file").status_code == 404
        with time_machine.travel(clock.now() + timedelta(days=keep_days + 31)):
            reaping.reap()
        assert look_for_file(row.id) is None


def test_a_file_nobody_claimed_goes_and_a_claimed_one_stays(ada: Person) -> None:
    soon = clock.now() + timedelta(days=1)
    with ada.acting():
        lost, claimed = put_file(expires_at=soon), put_file(expires_at=soon)
        own.keep_on(claimed.id)
        with time_machine.travel(clock.now() + timedelta(days=2)):
            reaping.reap()
        assert (find_file(lost.id).state, find_file(claimed.id).state) == (State.TRASHED, State.READY)
        with pytest.raises(FileMissing):
            own.keep_on(lost.id)


def test_what_a_scanner_has_not_seen_is_waited_for(ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settle, "_gates", [(lambda row: True, lambda row: None)])
    with ada.acting():
        put_file(subject="document:NEW")
        put_file(subject="import:NEW")
        assert is_kept("NEW")
        with pytest.raises(own.FileWaits), file_on_disk("NEW"):
            pass
        with pytest.raises(own.FileWaits), uploaded_file("NEW"):
            pass


def test_what_a_scanner_lets_pass_at_that_moment_is_waited_for_too(
    ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it is neither scanned nor found, and looked for where files were kept before."""
    monkeypatch.setattr(settle, "_gates", [(lambda row: True, lambda row: None)])
    with ada.acting():
        for subject, reading in (("document:SOON", file_on_disk), ("import:SOON", uploaded_file)):
            row = put_file(subject=subject)
            passed = right_after("FROM stored_files", partial(let_pass, row.id), ada)
            with passed, pytest.raises(own.FileWaits), reading("SOON"):
                pass
            with reading("SOON"):
                """The job's next try has it."""


def let_pass(file_id: str) -> None:
    assert settle.let_pass(find_file(file_id)) is not None


def put_old(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(TEXT)
    return path


def test_files_of_before_are_still_found(app: Flask, ada: Person) -> None:
    job = export_items(app, ada)
    with ada.acting():
        own.leave_only(f"job:{job['id']}")
        put_old(files.root() / "exports" / str(ada.company_id) / f"{job['id']}.csv")
        put_old(document_path("OLD"))
        with file_on_disk("OLD") as path:
            assert path.read_bytes() == TEXT
        put_old(import_path("OLD"))
        with uploaded_file("OLD") as source:
            assert source.line_count == 1
        with pytest.raises(FileIsGone), uploaded_file("NEVER"):
            pass
    assert ada.get(f"/jobs/{job['id']}/file").data == TEXT
