"""Reading a document: its text, who orders, and the lines it seems to mean. Doing so again changes nothing."""

from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from app.core import clock, tasks
from app.core.db import transaction
from app.core.errors import Problem
from app.core.tasks import progress, say
from app.documents import reads
from app.documents.models import Document
from app.documents.problems import DocumentNotRead
from app.documents.reading.engine import read_pages
from app.documents.reading.layout import Cell, rows_of
from app.documents.reading.proposing import (
    Known,
    Proposal,
    customer_of,
    find_item,
    propose_lines,
    text_of,
    tokens_of,
)
from app.documents.reading.wording import read_number
from app.documents.service.keeping import file_on_disk
from app.documents.states import DocumentState
from app.inventory.reads.lookalikes import items_named_like, items_spelled

MOST_TEXT = 50_000
MOST_LINES = 200
MOST_UNSURE = 40  # rows without a SKU that are looked up by name


def read_document(document_id: str) -> Document:
    """Read a document and keep what was found, unless somebody has decided about it meanwhile.

    Raises:
        NotFound: No such document.
        NoReader, UnknownKind, TooManyPixels, TooManyPages, PdfTooLarge: It is not read; the document says why.
    """
    with transaction() as session:
        document = reads.find_document(document_id)
        session.expunge(document)
    if document.state not in {DocumentState.READING, DocumentState.FAILED}:
        return document
    try:
        rows = _read_rows(document)
    except Problem as problem:
        _keep(document_id, state=DocumentState.FAILED.value, error=problem.sentence)
        raise
    lines = propose(rows)
    say(f"{len(rows)} rows of text, {len(lines)} proposed lines.")
    text = "\n".join(text_of(row) for row in rows)[:MOST_TEXT].replace("\x00", "")
    _keep(
        document_id, state=DocumentState.READ.value, error="", text=text, customer=customer_of(rows),
        lines=[asdict(line) for line in lines[:MOST_LINES]],
    )  # fmt: skip
    return document


def _read_rows(document: Document) -> list[list[Cell]]:
    rows: list[list[Cell]] = []
    with file_on_disk(document.id) as path:
        for number, words in enumerate(read_pages(path, document.kind), start=1):
            rows += rows_of(words)
            progress(number, None, f"{number} read")
    return rows


def propose(rows: list[list[Cell]]) -> list[Proposal]:
    """Return the order lines that rows of text seem to mean, matched with the items of this company."""
    with transaction():
        by_spelling: dict[str, list[Known]] = {}
        for spelled, sku, name in items_spelled(tokens_of(rows)):
            by_spelling.setdefault(spelled, []).append(Known(sku, name))
        unsure = [text_of(row) for row in rows if _may_be_line(row) and not find_item(row, by_spelling)[1]]
        alike: dict[str, list[tuple[Known, float]]] = {}
        for text, sku, name, likeness in items_named_like(unsure[:MOST_UNSURE]):
            alike.setdefault(text, []).append((Known(sku, name), likeness))
    return propose_lines(rows, by_spelling, alike)


def _may_be_line(row: list[Cell]) -> bool:
    """Say whether a row has both words and a number."""
    words = text_of(row).split()
    numbers = sum(read_number(word) is not None for word in words)
    return 0 < numbers < len(words)


def _keep(document_id: str, **values: Any) -> None:  # Any: column values
    waiting = Document.state.in_([DocumentState.READING.value, DocumentState.FAILED.value])
    with transaction() as session:
        session.execute(
            sa.update(Document).where(Document.id == document_id, waiting).values(read_at=clock.now(), **values)
        )


def read_again(document_id: str) -> Document:
    """Queue the reading of a document that failed.

    Raises:
        NotFound: No such document.
        DocumentNotRead: It did not fail.
    """
    with transaction():
        document = reads.lock_document(document_id)
        if document.state != DocumentState.FAILED:
            raise DocumentNotRead(state=DocumentState(document.state))
        document.state, document.error = DocumentState.READING.value, ""
        document.job_id = tasks.enqueue(
            "documents.read", {"document_id": document_id}, title=f"Read {document.file_name}"
        )
    return document
