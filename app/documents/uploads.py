"""The document in a request: a form's field, or the body itself."""

from typing import Any, BinaryIO, cast

from flask import request

from app.core.errors import UnsupportedMediaType
from app.core.setting import current_settings
from app.documents.problems import NoDocument

OVERHEAD_BYTES = 1_000_000
RAW_TYPES = {"image/png", "image/jpeg", "image/webp", "application/pdf", "application/octet-stream"}
UPLOADS = {"documents.create_document", "documents_api.create_document"}


def allow_documents(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Let uploads be as large as a document may be, before anything reads the form."""
    if endpoint in UPLOADS:
        request.max_content_length = current_settings().max_document_bytes + OVERHEAD_BYTES


def sent_document(name: str) -> tuple[BinaryIO, str]:
    """Return the file of this request and its name.

    Raises:
        NoDocument: There is none.
        UnsupportedMediaType: The body is something else, such as JSON.
    """
    if request.mimetype == "multipart/form-data":
        found = request.files.get("file")
        if found is None or not found.filename:
            raise NoDocument
        return cast("BinaryIO", found.stream), found.filename
    if request.mimetype not in RAW_TYPES:
        raise UnsupportedMediaType(
            expected="multipart/form-data with a field file, or image/png, image/jpeg, application/pdf"
        )
    return cast("BinaryIO", request.stream), name
