"""How files are said and shown."""

from app.storage.models import StoredFile
from app.storage.states import Category, State

Look = tuple[str, str | None, str]
LOOKS: dict[State, Look] = {
    State.PENDING: ("idle", "circle-dashed", "Waiting for its bytes"),
    State.UPLOADED: ("run", "play", "Being checked"),
    State.SCANNING: ("run", "play", "Being scanned"),
    State.READY: ("good", "circle-check", "Ready"),
    State.TRASHED: ("idle", "trash-2", "In the trash"),
    State.REFUSED: ("bad", "octagon-alert", "Refused"),
    State.DELETING: ("idle", "circle-dashed", "Being deleted"),
}
FOLDERS = {
    Category.PRODUCTS: "Products", Category.PROFILES: "Profiles", Category.DOCUMENTS: "Documents",
    Category.EXPORTS: "Exports", Category.REPORTS: "Reports", Category.BACKUPS: "Backups", Category.TEMP: "Temporary",
}  # fmt: skip
KINDS = {
    "application/pdf": "PDF", "text/plain": "Text", "text/csv": "CSV", "application/json": "JSON",
    "application/zip": "ZIP", "application/octet-stream": "Data",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "Spreadsheet",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "Document",
}  # fmt: skip


def look_of(row: StoredFile) -> Look:
    """Return tone, icon and words of where a file stands."""
    if row.held_at is not None and row.state == State.READY:
        return ("held", "shield", "On legal hold")
    if row.state == State.READY and "unscanned" in (row.about.get("scan") or {}):
        return ("warn", "triangle-alert", "Ready, not scanned")
    return LOOKS[State(row.state)]


def kind_of(row: StoredFile) -> str:
    """Return what a file is, in a word."""
    if row.content_type.startswith("image/"):
        return row.content_type.removeprefix("image/").upper() + " picture"
    return KINDS.get(row.content_type, row.content_type)
