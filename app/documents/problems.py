"""What can be wrong with a document."""

from app.core.errors import Problem
from app.documents.states import DocumentState


class NoDocument(Problem, code="document-no-file", status=422):
    """No file was sent. Choose a photo (PNG, JPEG, WebP) or a PDF, or send it as the body."""


class UnknownKind(Problem, code="document-unknown-kind", status=422):
    """This file is neither a photo nor a PDF that can be read. Send PNG, JPEG, WebP or PDF; a file's name does not count, its content does."""


class DocumentTooLarge(Problem, code="document-too-large", status=413):
    """This file is too large. A document may have {limit_bytes} bytes at most; take the photo in a smaller size."""

    limit_bytes: int


class TooManyPixels(Problem, code="document-too-many-pixels", status=422):
    """This picture has too many pixels. At most {limit} are read; save it smaller."""

    limit: int


class TooManyPages(Problem, code="document-too-many-pages", status=422):
    """This PDF has {pages} pages. At most {limit} are read; send the pages with the order alone."""

    pages: int
    limit: int


class PdfTooLarge(Problem, code="document-unpacks-too-large", status=422):
    """This PDF unpacks to more than is read. It may take {limit_mb} MB and {limit_s} seconds at most; print it to a new PDF, or take a photo of the order."""

    limit_mb: int
    limit_s: int


class NoReader(Problem, code="document-no-reader", status=503):
    """Nothing that reads photos and scans is installed here. A PDF that holds its text is read without it. Install it beside the rest, for the web and for the worker: .venv/bin/pip install --require-hashes -r requirements-ocr.txt, and start both again."""


class DocumentNotRead(Problem, code="document-not-read", status=409):
    """No order can be made of this document now. It is {state}; only one that was read becomes an order, and once."""

    state: DocumentState
