"""Where a file is fetched: by those of its company, by anybody when it is public, through the CDN when there is one."""

from urllib.parse import quote

from app.core.setting import current_settings
from app.storage.models import StoredFile
from app.storage.schemas import FileOut
from app.storage.signing import PUBLIC_PATH
from app.storage.states import State, Visibility


def page_path(row: StoredFile) -> str:
    """Return the path people of the company fetch it at; the name is there to be read."""
    return f"/files/{row.id}/{quote(row.file_name, safe='')}"


def cdn_url(row: StoredFile) -> str | None:
    """Return where the CDN has it; None for a private file, and without a CDN."""
    base = current_settings().cdn_base_url.rstrip("/")
    return f"{base}/{quote(row.key)}" if base and row.visibility == Visibility.PUBLIC else None


def public_url(row: StoredFile) -> str | None:
    """Return where anybody fetches it; None for a private file."""
    if row.visibility != Visibility.PUBLIC:
        return None
    return cdn_url(row) or current_settings().base_url + PUBLIC_PATH + quote(row.key)


def file_out(row: StoredFile) -> FileOut:
    """Return a file as JSON has it."""
    return FileOut(
        id=row.id, file_name=row.file_name, category=row.category, content_type=row.content_type,
        size_bytes=row.size_bytes, sha256=row.sha256, state=row.state, visibility=row.visibility, subject=row.subject,
        created_at=row.created_at, ready_at=row.ready_at, expires_at=row.expires_at, purge_at=row.purge_at,
        url=current_settings().base_url + page_path(row),
        public_url=public_url(row) if row.state == State.READY else None,
    )  # fmt: skip
