"""Files for tests, and a look behind the curtain: what the rows say, what the providers have, what was counted."""

import hashlib
import io
from typing import Any

import psycopg
import sqlalchemy as sa

from app.core.db import transaction
from app.core.tenancy import current_company_id
from app.storage import providers
from app.storage.models import StoredFile
from app.storage.service.reserve import NewFile
from app.storage.service.sending import keep
from app.storage.states import Category
from tests.world import Person

TEXT = b"Dear all,\nthe boats are in.\n"
TALLY = """
    SELECT category, provider, class, sum(bytes), sum(files) FROM (
      SELECT category, provider, class, bytes, files FROM storage_counts WHERE company_id = %(company)s
      UNION ALL
      SELECT category, provider, class, bytes, files FROM storage_deltas WHERE company_id = %(company)s
    ) AS counted GROUP BY 1, 2, 3 HAVING sum(bytes) <> 0 OR sum(files) <> 0 ORDER BY 1, 2, 3
"""
TRUTH = """
    SELECT category, provider, storage_class(state), sum(size_bytes), count(*) FROM stored_files
    WHERE company_id = %(company)s GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""


def new_file(name: str = "letter.txt", **about: Any) -> NewFile:
    """Return a file to be, of documents unless said otherwise."""
    return NewFile(**({"file_name": name, "category": Category.DOCUMENTS} | about))


def put_file(name: str = "letter.txt", body: bytes = TEXT, **about: Any) -> StoredFile:
    """Store a file of the company one acts for."""
    return keep(new_file(name, **({"size_bytes": len(body)} | about)), io.BytesIO(body))


def digest(body: bytes) -> str:
    """Return the SHA-256 of some bytes."""
    return hashlib.sha256(body).hexdigest()


def keys_at(provider: str = "local") -> set[str]:
    """Return the keys of the company one acts for that a provider has objects of."""
    pages = providers.provider(provider).list(f"{current_company_id()}/")
    return {one.key for page in pages for one in page}


def rows_of_company() -> list[StoredFile]:
    """Return the rows of the company one acts for, oldest first."""
    with transaction() as session:
        return list(session.scalars(sa.select(StoredFile).order_by(StoredFile.id)))


def told_of(person: Person) -> list[tuple[str, str]]:
    """Return what was told of files of somebody's company and not numbered yet: type and file."""
    rows = person.world.sql.execute(
        "SELECT type, row_id FROM outbox WHERE company_id = %s AND topic = 'files' ORDER BY id", (person.company_id,)
    )
    return [(row["type"], row["row_id"]) for row in rows]


def is_counted_exactly(superuser_url: str, company_id: int) -> bool:
    """Say whether what was counted by difference is what the rows come to."""
    with psycopg.connect(superuser_url) as sql:
        counted = sql.execute(TALLY, {"company": company_id}).fetchall()
        true = sql.execute(TRUTH, {"company": company_id}).fetchall()
    return counted == true


class Dripping(io.RawIOBase):
    """A body as a socket gives it: small pieces, no way back; it may break off."""

    def __init__(self, body: bytes, breaks_at: int | None = None) -> None:
        self.rest, self.breaks_at, self.read_bytes = body, breaks_at, 0

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:  # Any: a writable buffer
        if self.breaks_at is not None and self.read_bytes >= self.breaks_at:
            raise ConnectionResetError("the sender went away")
        piece = self.rest[: min(len(target), 1000)]
        self.rest = self.rest[len(piece) :]
        self.read_bytes += len(piece)
        target[: len(piece)] = piece
        return len(piece)
