"""The file in a request: a form's field, or the body itself."""

from typing import BinaryIO, cast

from flask import current_app, request

from app.core.errors import UnsupportedMediaType
from app.orders.imports.problems import NoFile
from config import Settings

FORM_OVERHEAD_BYTES = 1_000_000
RAW_TYPES = {
    "text/csv",
    "text/plain",
    "application/csv",
    "application/octet-stream",
    "application/gzip",
    "application/x-gzip",
    "application/x-xz",
}


def allow_large_body() -> None:
    """Let this request be as large as an upload may be. Before anything reads the form."""
    settings: Settings = current_app.config["SETTINGS"]
    request.max_content_length = settings.max_upload_bytes + FORM_OVERHEAD_BYTES


def sent_file(name: str) -> tuple[BinaryIO, str]:
    """Return the file of this request and its name.

    Raises:
        NoFile: There is none.
        UnsupportedMediaType: The body is something else, such as JSON.
    """
    if request.mimetype == "multipart/form-data":
        found = request.files.get("file")
        if found is None or not found.filename:
            raise NoFile
        return cast("BinaryIO", found.stream), found.filename
    if request.mimetype not in RAW_TYPES:
        raise UnsupportedMediaType(expected="multipart/form-data with a field file, or text/csv")
    return cast("BinaryIO", request.stream), name
