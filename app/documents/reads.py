"""Questions about documents."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import defer

from app.core.cursor import decode_cursor, encode_cursor
from app.core.db import db
from app.core.errors import NotFound
from app.documents.models import Document


def list_documents(*, limit: int = 50, after: str | None = None) -> tuple[Sequence[Document], str | None]:
    """Return documents, newest first, without their text, and the cursor of the next page."""
    query = sa.select(Document).options(defer(Document.text)).order_by(Document.id.desc()).limit(limit + 1)
    if after:
        query = query.where(Document.id < decode_cursor(after, Document.id)[0])
    found = db.session.scalars(query).all()
    return found[:limit], encode_cursor(found[limit - 1].id) if len(found) > limit else None


def find_document(document_id: str) -> Document:
    """Return one document.

    Raises:
        NotFound: None here.
    """
    return _one(sa.select(Document).where(Document.id == document_id))


def lock_document(document_id: str) -> Document:
    """Lock one document until the transaction ends.

    Raises:
        NotFound: None here.
    """
    query = sa.select(Document).where(Document.id == document_id).with_for_update()
    return _one(query.execution_options(populate_existing=True))


def _one(query: sa.Select[Document]) -> Document:
    found = db.session.scalars(query).one_or_none()
    if found is None:
        raise NotFound
    return found
