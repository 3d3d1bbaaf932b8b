"""An order of what was read: made when a person says so, of what that person confirmed, and once."""

from app.core.db import transaction
from app.core.outbox import record
from app.documents import reads
from app.documents.events import DocumentDiscarded, DocumentOrdered
from app.documents.models import Document
from app.documents.problems import DocumentNotRead
from app.documents.states import DocumentState
from app.orders import service as orders
from app.orders.models import Order
from app.orders.schemas import NewOrder

SOURCE = "document"


def order_document(document_id: str, wanted: NewOrder, *, currency: str) -> Order:
    """Place the confirmed order.

    Raises:
        NotFound: No such document.
        DocumentNotRead: It was not read, or has become an order already.
        Problem: Orders refuses it, as any order.
    """
    with transaction():
        document = reads.lock_document(document_id)
        if document.state != DocumentState.READ:
            raise DocumentNotRead(state=DocumentState(document.state))
        order = orders.place_order(wanted, currency=currency, source=SOURCE)
        document.state, document.order_number = DocumentState.ORDERED.value, order.number
        record(DocumentOrdered(id=document.id, file_name=document.file_name, number=order.number))
    return order


def discard_document(document_id: str) -> Document:
    """Say that no order comes of a document; it and its text are kept. Twice changes nothing.

    Raises:
        NotFound: No such document.
        DocumentNotRead: It has become an order.
    """
    with transaction():
        document = reads.lock_document(document_id)
        if document.state == DocumentState.ORDERED:
            raise DocumentNotRead(state=DocumentState.ORDERED)
        if document.state != DocumentState.DISCARDED:
            document.state = DocumentState.DISCARDED.value
            record(DocumentDiscarded(id=document.id, file_name=document.file_name))
    return document
