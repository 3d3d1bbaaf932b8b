"""Stored files."""

from app.audit.sentences.words import Data, quote, says
from app.core.present import format_bytes


@says("file.uploaded")
def file_uploaded(data: Data) -> str:
    """A file is there."""
    return f"stored the file {quote(data['fileName'])} ({format_bytes(data['sizeBytes'])}) in {data['category']}"


@says("file.refused")
def file_refused(data: Data) -> str:
    """A file was not what was said."""
    return f"sent the file {quote(data['fileName'])}, which was refused: {quote(data['reason'])}"


@says("file.trashed")
def file_trashed(data: Data) -> str:
    """A file went into the trash."""
    return f"put the file {quote(data['fileName'])} into the trash"


@says("file.restored")
def file_restored(data: Data) -> str:
    """A file came back."""
    return f"took the file {quote(data['fileName'])} back out of the trash"


@says("file.deleted")
def file_deleted(data: Data) -> str:
    """A file is gone."""
    return f"deleted the file {quote(data['fileName'])} ({format_bytes(data['sizeBytes'])}) for good"


@says("file.held")
def file_held(data: Data) -> str:
    """A file must stay."""
    return f"put the file {quote(data['fileName'])} on legal hold: {quote(data['reason'])}"


@says("file.released")
def file_released(data: Data) -> str:
    """A file may go again."""
    return f"took the legal hold off the file {quote(data['fileName'])}: {quote(data['reason'])}"


@says("file.signed")
def file_signed(data: Data) -> str:
    """Somebody got an address."""
    return f"asked for an address of the file {quote(data['fileName'])} that is good until {data['expiresAt']}"
