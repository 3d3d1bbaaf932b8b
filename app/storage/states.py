"""The words of storage: where a file stands, what it is for, and where bytes can be."""

from enum import StrEnum


class Category(StrEnum):
    """What a file is for: the second part of its key, and the folder people see."""

    PRODUCTS = "products"
    PROFILES = "profiles"
    DOCUMENTS = "documents"
    EXPORTS = "exports"
    REPORTS = "reports"
    BACKUPS = "backups"
    TEMP = "temp"


class State(StrEnum):
    """Where a file stands.

    pending → uploaded → (scanning) → ready → trashed → deleting, and then its row is gone. `refused` is a file whose
    bytes are not what was said, or that a scanner found to be harmful: never served, deleted like a trashed one.
    """

    PENDING = "pending"
    UPLOADED = "uploaded"
    SCANNING = "scanning"
    READY = "ready"
    TRASHED = "trashed"
    REFUSED = "refused"
    DELETING = "deleting"


class Class(StrEnum):
    """How a file's bytes are counted: reserved, in use, or in the trash (refused and being deleted too)."""

    PENDING = "pending"
    LIVE = "live"
    TRASHED = "trashed"


class Visibility(StrEnum):
    """Who may fetch a file: those of the company, or anybody who knows its address."""

    PRIVATE = "private"
    PUBLIC = "public"


class ProviderName(StrEnum):
    """Where bytes can be, as `STORAGE_PROVIDER` says it."""

    LOCAL = "local"
    S3 = "s3"
    R2 = "cloudflare-r2"
    AZURE = "azure-blob"


CLASS_OF: dict[State, Class] = {
    State.PENDING: Class.PENDING,
    State.UPLOADED: Class.LIVE,
    State.SCANNING: Class.LIVE,
    State.READY: Class.LIVE,
    State.TRASHED: Class.TRASHED,
    State.REFUSED: Class.TRASHED,
    State.DELETING: Class.TRASHED,
}  # repeated by storage_class() in the database, which counts; a test compares them
