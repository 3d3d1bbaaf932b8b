"""Files wait for the scanner's word before anybody may fetch them."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from app.storage.reads.files import find_file
from app.storage.scanning import clamd, gate
from app.storage.states import Category, State
from tests.storage.browsing.conftest import Send, send
from tests.storage.previews.test_preview_files import RunJobs, run_jobs
from tests.storage.scanning.clamav import EICAR, running_clamd
from tests.world import Person

__all__ = ["run_jobs", "send"]


@pytest.fixture
def scanner(app_with: Callable[..., Flask]) -> Iterator[str]:
    with running_clamd() as address:
        app_with(clamd_address=address)
        yield address


def test_a_clean_file_becomes_ready_once_it_was_scanned(
    ada: Person, scanner: str, send: Send, run_jobs: RunJobs
) -> None:
    row = send(ada, "form.txt")
    assert row.state == State.SCANNING
    assert ada.get(f"/api/files/{row.id}/content").status_code == 409
    assert run_jobs(ada, "storage.scan") == 1
    with ada.acting():
        found = find_file(row.id)
    assert (found.state, found.about["scan"]) == (State.READY, {"found": ""})


def test_a_harmful_file_is_refused_and_never_served(ada: Person, scanner: str, send: Send, run_jobs: RunJobs) -> None:
    row = send(ada, "notes.txt", b"see: " + EICAR)
    run_jobs(ada, "storage.scan")
    with ada.acting():
        assert find_file(row.id).state == State.REFUSED
    assert ada.get(f"/api/files/{row.id}/content").status_code == 409
    assert "Win.Test.EICAR_HDB-1" in ada.get(f"/storage/files/{row.id}").text
    assert "notes.txt" in ada.get("/storage/files?view=refused").text


def test_while_the_scanner_is_away_files_wait(ada: Person, app_with: Callable[..., Flask], send: Send) -> None:
    app_with(clamd_address="tcp://127.0.0.1:1")
    row = send(ada, "form.txt")
    with ada.acting():
        with pytest.raises(clamd.ScannerAway):
            gate.scan_file.function(row.id)
        assert find_file(row.id).state == State.SCANNING


def test_or_they_pass_and_are_marked_where_that_was_chosen(
    ada: Person, app_with: Callable[..., Flask], send: Send
) -> None:
    app_with(clamd_address="tcp://127.0.0.1:1", scan_must_answer=False)
    row = send(ada, "form.txt")
    with ada.acting():
        gate.scan_file.function(row.id)
        assert find_file(row.id).state == State.READY
    assert "Not scanned" in ada.get(f"/storage/files/{row.id}").text


def test_what_we_made_ourselves_is_not_scanned(ada: Person, scanner: str, send: Send) -> None:
    assert send(ada, "report.csv", b"a,b\n", category=Category.REPORTS).state == State.READY
