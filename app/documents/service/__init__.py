"""Acts on documents: keep, read, order, discard."""

from app.documents.service.keeping import find_file, keep_document, path_of
from app.documents.service.ordering import discard_document, order_document
from app.documents.service.reading import read_again, read_document

__all__ = [
    "discard_document", "find_file", "keep_document", "order_document", "path_of", "read_again", "read_document",
]  # fmt: skip
