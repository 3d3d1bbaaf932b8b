"""The inventory as a file, asked for by JSON."""

from app.core.api import contract
from app.core.auth import company
from app.core.present import reader_zone
from app.core.shapes import Answer
from app.core.tasks import JobQueuesOff
from app.inventory.api.items import api_bp
from app.inventory.export_job import queue_export
from app.inventory.schemas import ExportItems


class ExportQueued(Answer):
    """The job that writes the file; `/jobs/<id>/file` has it when the job is done."""

    job_id: str


@api_bp.post("/exports")
@contract(scope="jobs:write", body=ExportItems, returns={202: ExportQueued}, problems=[JobQueuesOff], tag="Inventory")
def create_export(body: ExportItems) -> tuple[ExportQueued, int]:
    """Have a job write the items of a filter as CSV."""
    return ExportQueued(job_id=queue_export(body, body.sort, company=company(), zone=reader_zone())), 202
