"""Documents as JSON: send one, follow it, order what was read."""

from typing import Any

from flask import Blueprint

from app.core.api import contract, json_answer
from app.core.auth import company
from app.core.errors import BodyTooLarge, InvalidCursor, NotFound
from app.documents import reads, service
from app.documents.problems import (
    DocumentNotRead,
    DocumentTooLarge,
    NoDocument,
    NoReader,
    TooManyPixels,
    UnknownKind,
)
from app.documents.schemas import DocumentOut, DocumentRow, DocumentsOut, PageQuery, UploadQuery
from app.documents.uploads import allow_documents, sent_document
from app.flags import gate
from app.flags.gates import Gate
from app.flags.problems import FeatureOff
from app.inventory.problems import OutOfStock, UnknownSku
from app.orders.answers import OrderOut
from app.orders.schemas import NewOrder

api_bp = Blueprint("documents_api", __name__, url_prefix="/api/documents")
api_bp.url_value_preprocessor(allow_documents)
SENDING = [FeatureOff, NoDocument, UnknownKind, DocumentTooLarge, BodyTooLarge, TooManyPixels, NoReader]


@api_bp.get("")
@contract(scope="orders:read", query=PageQuery, returns={200: DocumentsOut}, problems=[FeatureOff, InvalidCursor])
@gate(Gate.VISION_ANALYSIS)
def list_documents(query: PageQuery) -> DocumentsOut:
    """List documents, newest first."""
    rows, cursor = reads.list_documents(limit=query.limit, after=query.after)
    return DocumentsOut(items=[DocumentRow.model_validate(row) for row in rows], next_cursor=cursor)


@api_bp.post("")
@contract(scope="orders:write", query=UploadQuery, returns={202: DocumentOut}, problems=SENDING, raw=True)
@gate(Gate.VISION_ANALYSIS)
def create_document(query: UploadQuery) -> Any:  # Any: the contract's answer
    """Send a photo or PDF of an order form: multipart field `file`, or the bytes as the body. A job reads it."""
    stream, name = sent_document(query.name)
    return json_answer(DocumentOut.of(service.keep_document(stream, name)), 202)


@api_bp.get("/<string:document_id>")
@contract(scope="orders:read", returns={200: DocumentOut}, problems=[FeatureOff, NotFound])
@gate(Gate.VISION_ANALYSIS)
def show_document(document_id: str) -> DocumentOut:
    """Return a document with its text and the lines it seems to mean."""
    return DocumentOut.of(reads.find_document(document_id))


@api_bp.post("/<string:document_id>/order")
@contract(
    scope="orders:write", body=NewOrder, returns={201: OrderOut},
    problems=[FeatureOff, NotFound, DocumentNotRead, UnknownSku, OutOfStock],
)  # fmt: skip
@gate(Gate.VISION_ANALYSIS)
def create_order(document_id: str, body: NewOrder) -> OrderOut:
    """Place the order a person confirmed; what was read is only a proposal."""
    return OrderOut.of(service.order_document(document_id, body, currency=company().currency))


@api_bp.post("/<string:document_id>/reading")
@contract(scope="orders:write", returns={202: DocumentOut}, problems=[FeatureOff, NotFound, DocumentNotRead])
@gate(Gate.VISION_ANALYSIS)
def read_again(document_id: str) -> DocumentOut:
    """Read a document again that could not be read."""
    return DocumentOut.of(service.read_again(document_id))


@api_bp.delete("/<string:document_id>")
@contract(scope="orders:write", returns={200: DocumentOut}, problems=[FeatureOff, NotFound, DocumentNotRead])
@gate(Gate.VISION_ANALYSIS)
def discard_document(document_id: str) -> DocumentOut:
    """Say that no order comes of a document."""
    return DocumentOut.of(service.discard_document(document_id))
