"""Questions about what was made of files: their small pictures."""

from collections.abc import Sequence

import sqlalchemy as sa

from app.core.db import db
from app.storage.models import StoredFile
from app.storage.states import State


def find_variant(parent_id: str, variant: str) -> StoredFile | None:
    """Return one piece made of a file; None when there is none that can be fetched."""
    return find_variants([parent_id], variant).get(parent_id)


def find_variants(parent_ids: Sequence[str], variant: str) -> dict[str, StoredFile]:
    """Return the pieces of some files, by the id of the file they were made of."""
    statement = sa.select(StoredFile).where(
        StoredFile.parent_id.in_(parent_ids), StoredFile.variant == variant, StoredFile.state == State.READY
    )
    return {str(row.parent_id): row for row in db.session.scalars(statement)} if parent_ids else {}
