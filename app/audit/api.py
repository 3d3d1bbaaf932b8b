"""The audit, as JSON."""

from flask import Blueprint

from app.audit import export, reads
from app.audit.schemas import AuditEntryOut, AuditExport, AuditExportQueued, AuditOut, AuditQuery, Change
from app.core.api import contract
from app.core.auth import company
from app.core.errors import InvalidCursor
from app.core.present import reader_zone
from app.core.tasks import JobQueuesOff

api_bp = Blueprint("audit_api", __name__, url_prefix="/api/audit")


@api_bp.get("")
@contract(
    scope="audit:read", query=AuditQuery, returns={200: AuditOut}, problems=[InvalidCursor], tag="Audit",
    any_company=True,
)  # fmt: skip
def list_entries(query: AuditQuery) -> AuditOut:
    """List who did what, when and why, newest first; a platform admin who names no company reads all of them."""
    found = reads.list_entries(query, reader_zone())
    return AuditOut(items=[answer_of(entry) for entry in found.entries], next_cursor=found.next_cursor)


@api_bp.post("/exports")
@contract(
    scope="audit:read", body=AuditExport, returns={202: AuditExportQueued}, problems=[JobQueuesOff], tag="Audit"
)  # fmt: skip
def create_export(body: AuditExport) -> tuple[AuditExportQueued, int]:
    """Have a job write the entries that match as CSV; `/jobs/<id>/file` has it when the job is done."""
    wanted = AuditQuery(**body.model_dump())
    return AuditExportQueued(job_id=export.queue_export(wanted, company=company(), zone=reader_zone())), 202


def answer_of(entry: reads.Entry) -> AuditEntryOut:
    """Return an entry as JSON."""
    return AuditEntryOut(
        id=entry.id, at=entry.at, sentence=entry.sentence, type=entry.type, topic=entry.topic, row=entry.row_id,
        actor=entry.actor, reason=entry.reason, data=entry.data, request_id=entry.request_id,
        changes={name: Change(**pair) for name, pair in entry.changes.items()}, company=entry.company_slug,
    )  # fmt: skip
