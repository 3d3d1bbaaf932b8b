"""Scanning stands before `ready`: what strangers send waits for clamd's word, where there is a clamd."""

from typing import Any

from app.core import tasks
from app.core.setting import current_settings
from app.core.tasks import job
from app.storage.models import StoredFile
from app.storage.reads.files import look_for_file
from app.storage.scanning import clamd
from app.storage.service import opening, settle
from app.storage.service.steps import step
from app.storage.states import Category, State

SENT_IN = frozenset({Category.PRODUCTS, Category.PROFILES, Category.DOCUMENTS, Category.TEMP})
SCAN = "scan"


def wants(row: StoredFile) -> bool:
    """Say whether a file has to be scanned: there is a scanner, and the file is not of our own making."""
    settings = current_settings()
    return bool(settings.clamd_address) and settings.enable_job_queues and row.category in SENT_IN and not row.parent_id


def begin(row: StoredFile) -> None:
    """Queue the scan, in the transaction that makes the file wait for it."""
    tasks.enqueue("storage.scan", {"file_id": row.id}, title=f"Scan {row.file_name}"[:120])


# A scanner that starts loads its signatures for a minute; tries are spread over half an hour.
@job(queue="files", name="storage.scan", retries=10, backoff_s=15)
def scan_file(file_id: str) -> dict[str, Any]:
    """Ask the scanner and let the file pass, or refuse it. Run again, it changes nothing that was decided."""
    row = look_for_file(file_id)
    if row is None or row.state != State.SCANNING:
        return {"scanned": False, "file": "gone" if row is None else row.state}
    settings = current_settings()
    try:
        with opening.open_bytes(row) as pieces:
            verdict = clamd.scan(settings.clamd_address, pieces)
    except (clamd.ScannerAway, clamd.ScannerRefused) as error:
        if settings.scan_must_answer and isinstance(error, clamd.ScannerAway):
            raise
        return decide_without(row, str(error), must_answer=settings.scan_must_answer)
    if not verdict.is_clean:
        settle.refuse(note(row, verdict.found), f"The scanner found {verdict.found} in it.")
        return {"scanned": True, "found": verdict.found, "file": row.file_name}
    settle.let_pass(note(row, ""))
    return {"scanned": True, "found": "", "file": row.file_name}


def decide_without(row: StoredFile, why: str, *, must_answer: bool) -> dict[str, Any]:
    """Decide about a file that the scanner did not look at."""
    if must_answer:
        settle.refuse(row, f"The scanner would not look at it: {why}.")
    else:
        settle.let_pass(note(row, None, why=why))
    return {"scanned": False, "why": why, "file": row.file_name}


def note(row: StoredFile, found: str | None, why: str = "") -> StoredFile:
    """Keep what the scanner said in the file's row; None for a file nobody looked at."""
    said: dict[str, Any] = {"found": found} if found is not None else {"unscanned": why}
    return step(row, State.SCANNING, about=row.about | {SCAN: said}) or row


settle.gate(wants, begin)
