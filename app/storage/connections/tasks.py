"""Inventories as a job."""

from typing import Any

from app.core.tasks import job
from app.storage.connections.scan import scan


@job(queue="cleanup", name="connections.scan")
def scan_connection(connection_id: str) -> dict[str, Any]:
    """Count all objects of somebody else's bucket. An interrupted run goes on where it was."""
    found = scan(connection_id)
    return {"page": f"/connections/{connection_id}", "objects": found.objects, "bytes": found.bytes}
