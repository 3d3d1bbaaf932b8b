"""Jobs of the file service."""

from typing import Any

from app.core.tasks import job
from app.storage.reads.files import look_for_file
from app.storage.service.complete import verify
from app.storage.states import State


@job(queue="files", name="storage.verify")
def verify_file(file_id: str) -> dict[str, Any]:
    """Read a large file that was sent to its provider, and compare its digest. A repeat changes nothing."""
    row = look_for_file(file_id)
    if row is None or row.state != State.UPLOADED:
        return {"state": "gone" if row is None else row.state}
    return {"state": verify(row).state, "file": row.file_name}
