"""The stored file of an import: kept for FILE_KEEP_DAYS, so that a broken import can go on."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.core import files
from app.core.tenancy import current_company_id
from app.orders.imports.files import GZIP_MAGIC, XZ_MAGIC, SourceFile, look_at
from app.orders.imports.problems import FileIsGone
from app.storage.service.own import check_scanned, is_there, kept_until
from app.storage.service.reserve import NewFile
from app.storage.service.sending import keep
from app.storage.states import Category


def store_file(import_id: str, path: Path, file_name: str, size_bytes: int) -> None:
    """Store a file that was looked at: it is text, or text that is packed, whatever its name says.

    Raises:
        QuotaExceeded, StorageAway, StorageFull: It cannot be stored.
    """
    with path.open("rb") as source:
        magic = source.read(len(XZ_MAGIC))
        source.seek(0)
        kind, ending = "text/csv", "csv"
        if magic == XZ_MAGIC:
            kind, ending = "application/x-xz", "xz"
        elif magic.startswith(GZIP_MAGIC):
            kind, ending = "application/gzip", "gz"
        new = NewFile(
            file_name=f"{Path(file_name).stem or 'file'}.{ending}", category=Category.TEMP, content_type=kind,
            size_bytes=size_bytes, subject=subject_of(import_id), expires_at=kept_until(), is_ours=True,
        )  # fmt: skip
        keep(new, source)


def subject_of(import_id: str) -> str:
    """Return what the stored file of an import belongs to."""
    return f"import:{import_id}"


def path_of(import_id: str) -> Path:
    """Return where an upload is that was kept before files were stored: by company and import, never by its own name."""
    return files.root() / "imports" / str(current_company_id()) / import_id


def is_kept(import_id: str) -> bool:
    """Say whether the file of an import is still there."""
    return is_there(subject_of(import_id)) or path_of(import_id).is_file()


@contextmanager
def uploaded_file(import_id: str) -> Iterator[SourceFile]:
    """Give the file of an import.

    Raises:
        FileIsGone: It is no longer kept.
        FileWaits: It is there, and nobody may see it yet.
        StorageAway: It cannot be read now.
    """
    # First: one that is let pass in between is found then; asked for afterwards, it would be neither.
    check_scanned(subject_of(import_id))
    for found in files.kept(subject_of(import_id)):
        with files.fetched(found) as path:
            yield look_at(path)
        return
    path = path_of(import_id)
    if not path.is_file():
        raise FileIsGone
    yield look_at(path)
