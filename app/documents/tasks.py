"""Reading documents as a job."""

from typing import Any

from app.core.tasks import job
from app.documents import service


@job(queue="ocr", name="documents.read", time_limit_s=600)
def read_document(document_id: str) -> dict[str, Any]:
    """Read a photo or PDF of an order form; nothing is ordered by it."""
    service.read_document(document_id)
    return {"page": f"/documents/{document_id}"}
