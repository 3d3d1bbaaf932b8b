"""Acts on documents: keep, read, order, discard."""

from app.documents.service.keeping import keep_document, path_of
from app.documents.service.ordering import discard_document, order_document
from app.documents.service.reading import read_again, read_document

__all__ = ["discard_document", "keep_document", "order_document", "path_of", "read_again", "read_document"]
