"""What happened to files. Pieces made of a file, such as thumbnails, are not told of."""

from app.core.outbox import Fact


class FileReady(Fact, type="file.uploaded", topic="files", row="id"):
    """A file is there, and its bytes are what was said."""

    id: str
    file_name: str
    category: str
    size_bytes: int
    subject: str = ""


class FileRefused(Fact, type="file.refused", topic="files", row="id"):
    """A file's bytes are not what was said, or harmful; it is deleted after a while."""

    id: str
    file_name: str
    category: str
    reason: str


class FileTrashed(Fact, type="file.trashed", topic="files", row="id"):
    """A file went into the trash, from where it can come back for a while."""

    id: str
    file_name: str
    category: str
    size_bytes: int


class FileRestored(Fact, type="file.restored", topic="files", row="id"):
    """A file came back out of the trash."""

    id: str
    file_name: str
    category: str
    size_bytes: int


class FileDeleted(Fact, type="file.deleted", topic="files", row="id"):
    """A file is gone: first its bytes, at every provider, then its row."""

    id: str
    file_name: str
    category: str
    size_bytes: int


class FileHeld(Fact, type="file.held", topic="files", row="id"):
    """A file must not be deleted from now on."""

    id: str
    file_name: str
    reason: str


class FileReleased(Fact, type="file.released", topic="files", row="id"):
    """A file may be deleted again."""

    id: str
    file_name: str
    reason: str


class FileSigned(Fact, type="file.signed", topic="files", row="id"):
    """Somebody asked for an address of a file that works without signing in."""

    id: str
    file_name: str
    expires_at: str
