"""All files of a company over JSON: given out, or erased with proof."""

from flask import Blueprint

from app.core.api import contract
from app.core.errors import NotFound
from app.core.shapes import Answer, Shape, Text
from app.core.tasks import JobQueuesOff
from app.storage.care import erase, export
from app.storage.care.erase import ErasureHeld

leaving_api_bp = Blueprint("storage_leaving_api", __name__, url_prefix="/api/storage")


class LeavingQueued(Answer):
    """The job that does it; its result says where the archive or the report is."""

    job_id: str


class AskErasure(Shape):
    """Whose files; the short name of the company once more, typed, and why."""

    company: Text
    typed: Text
    reason: Text


@leaving_api_bp.post("/export")
@contract(scope="files:manage", returns={202: LeavingQueued}, problems=[JobQueuesOff], tag="Storage")
def create_export() -> LeavingQueued:
    """Put all files of the company into one archive, with a manifest of names and digests."""
    return LeavingQueued(job_id=export.ask_export())


@leaving_api_bp.post("/erasures")
@contract(
    scope="storage:destroy", body=AskErasure, returns={202: LeavingQueued},
    problems=[NotFound, ErasureHeld, JobQueuesOff], installation=True, tag="Storage",
)  # fmt: skip
def create_erasure(body: AskErasure) -> LeavingQueued:
    """Erase all files of a company at every provider. Files on legal hold stop it before anything is erased."""
    return LeavingQueued(job_id=erase.ask_erasure(body.company, reason=body.reason, typed=body.typed))
