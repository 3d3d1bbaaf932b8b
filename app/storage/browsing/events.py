"""What people do to files on the pages, beyond what the service tells."""

from app.core.outbox import Fact


class FileDeletionAsked(Fact, type="file.deletion-asked", topic="files", row="id"):
    """Somebody wants a file deleted for good; its bytes go within seconds, and then `file.deleted` is told."""

    id: str
    file_name: str
    size_bytes: int
    reason: str
