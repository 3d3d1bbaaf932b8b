"""Erasing all files of a company, with proof: what was removed, by digest, and that a list finds nothing any more."""

import hashlib
import io
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from app.core import clock, tasks
from app.core.db import db, transaction
from app.core.errors import InvalidInput, NotFound, Problem
from app.core.ids import CompanyId
from app.core.installation import installation
from app.core.outbox import record
from app.core.running import progress
from app.core.tenancy import acting_for, platform_reads
from app.storage import providers
from app.storage.adapters.protocol import Provider
from app.storage.care.events import CompanyFilesErased
from app.storage.keys import QUARANTINE, company_of
from app.storage.models import StoredFile
from app.storage.problems import StorageAway
from app.storage.service import deleting, trash
from app.storage.service.reserve import NewFile
from app.storage.service.sending import keep
from app.storage.states import Category, State

BATCH, NAMED = 200, 20
WAIT_S, TRIES = 0.2, 150
COMPANY = sa.text("SELECT id, slug, name FROM companies WHERE slug = :slug AND type <> 'platform'")


class ErasureHeld(Problem, code="erasure-held", status=409):
    """Nothing was erased. {count} of these files must not be deleted, as they are on legal hold: {names}"""

    count: int
    names: str


@dataclass(frozen=True)
class Owner:
    """Whose files."""

    id: CompanyId
    slug: str
    name: str


@dataclass
class Erased:
    """What was removed.

    Attributes:
        lines: `key sha256 bytes` of each file, in the order of their ids.
        others: Objects below the company's prefix that had no row.
        listed: Provider → objects found below the prefix afterwards; all 0, or it is not done.
    """

    files: int = 0
    bytes: int = 0
    others: int = 0
    lines: list[str] = field(default_factory=list)
    listed: dict[str, int] = field(default_factory=dict)

    @property
    def proof(self) -> str:
        """SHA-256 of all the lines."""
        return hashlib.sha256("\n".join(self.lines).encode()).hexdigest()


def find_owner(slug: str) -> Owner:
    """Return a company by its short name.

    Raises:
        NotFound: There is none.
    """
    with platform_reads():
        row = db.session.execute(COMPANY, {"slug": slug}).one_or_none()
    if row is None:
        raise NotFound
    return Owner(CompanyId(row.id), row.slug, row.name)


def reach(owner: Owner) -> tuple[int, int, Sequence[StoredFile]]:
    """Return how many files and bytes an erasure takes, and the held ones that stand in its way."""
    with acting_for(owner.id):
        count, size = db.session.execute(
            sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(StoredFile.size_bytes), 0)).select_from(StoredFile)
        ).one()
        held = db.session.scalars(sa.select(StoredFile).where(StoredFile.held_at.is_not(None)).limit(NAMED + 1)).all()
    return count, int(size), held


def check_not_held(owner: Owner) -> None:
    """Refuse while a file is on hold.

    Raises:
        ErasureHeld: One is.
    """
    _, _, held = reach(owner)
    if held:
        raise ErasureHeld(count=len(held), names=", ".join(row.file_name for row in held[:NAMED]))


def ask_erasure(slug: str, *, reason: str, typed: str) -> str:
    """Queue an erasure and return the job's id.

    Raises:
        NotFound: No such company.
        InvalidInput: The name was not typed.
        ErasureHeld: A file is on hold.
    """
    owner = find_owner(slug)
    if typed != owner.slug:
        raise InvalidInput(errors=[{"field": "typed", "message": f"Type {owner.slug} as it stands here."}])
    check_not_held(owner)
    args = {"slug": slug, "reason": reason}
    with transaction():
        return tasks.enqueue("storage.erase", args, title=f"Erase all files of {owner.name}", key=f"erase:{slug}")


def erase(slug: str, reason: str) -> tuple[Erased, StoredFile]:
    """Erase all files of a company and keep the report; a run that was stopped goes on with what is left.

    Raises:
        ErasureHeld: A file is on hold; nothing was erased.
        StorageAway: Some could not be deleted now; another run goes on.
    """
    owner = find_owner(slug)
    check_not_held(owner)
    done = Erased()
    erase_rows(owner, done)
    for name in providers.configured():
        done.listed[name] = erase_rest(providers.provider(name), owner, done)
    if any(done.listed.values()):
        raise StorageAway
    return done, report(owner, done, reason)


def erase_rows(owner: Owner, done: Erased) -> None:
    """Delete what has a row: bytes at every provider first, rows last."""
    total, _, _ = reach(owner)
    with acting_for(owner.id):
        while rows := _batch():
            trash.purge([row.id for row in rows])
            for row in rows:
                done.lines.append(f"{row.key} {row.sha256 or '-'} {row.size_bytes}")
                done.files, done.bytes = done.files + 1, done.bytes + row.size_bytes
            deleting.delete_due()
            _wait_for([row.id for row in rows])
    progress(done.files, total, "erasing")


def _batch() -> Sequence[StoredFile]:
    query = sa.select(StoredFile).order_by(StoredFile.id).limit(BATCH)
    with transaction() as session:
        return session.scalars(query, execution_options={"populate_existing": True}).all()


def _wait_for(ids: Sequence[str]) -> None:
    """Wait until rows are gone: the relay may be at the same work.

    Raises:
        StorageAway: They are still there.
    """
    query = sa.select(sa.func.count()).where(StoredFile.id.in_(ids), StoredFile.state == State.DELETING)
    for _ in range(TRIES):
        with transaction() as session:
            left = session.scalar(query)
        if not left:
            return
        deleting.delete_due()
        threading.Event().wait(WAIT_S)
    raise StorageAway


def erase_rest(provider: Provider, owner: Owner, done: Erased) -> int:
    """Delete what has no row: uploads in the making, strays, and what is aside; return what a list still finds."""
    prefix = f"{owner.id}/"
    for one in list(provider.list_multiparts(prefix)):
        provider.abort_multipart(one.key, one.upload_id)
    strays = [one.key for page in provider.list(prefix) for one in page]
    strays += [one.key for page in provider.list(QUARANTINE) for one in page if _owner_aside(one.key) == owner.id]
    for start in range(0, len(strays), BATCH):
        provider.delete(strays[start : start + BATCH])
    done.others += len(strays)
    done.lines += [f"{key} - -" for key in strays]
    return sum(len(page) for page in provider.list(prefix))


def _owner_aside(key: str) -> CompanyId | None:
    return company_of(key.removeprefix(QUARANTINE).partition("/")[2])


def report(owner: Owner, done: Erased, reason: str) -> StoredFile:
    """Keep what was erased among the installation's exports, and tell of it."""
    at = clock.rfc3339(clock.now())
    head = [
        f"Erasure of all files of {owner.name} ({owner.slug}), {at}", f"Reason: {reason}",
        f"Files {done.files}, bytes {done.bytes}, objects without a record {done.others}",
        *(f"Listed afterwards below {owner.id}/ at {name}: {found} objects" for name, found in done.listed.items()),
        f"SHA-256 of the lines below: {done.proof}", "", "key sha256 bytes",
    ]  # fmt: skip
    body = "\n".join([*head, *done.lines, ""]).encode()
    new = NewFile(
        f"erasure-{owner.slug}-{clock.now():%Y%m%d-%H%M%S}.txt", Category.EXPORTS, "text/plain", len(body),
        subject=f"erasure:{owner.slug}", is_ours=True,
    )  # fmt: skip
    with installation():
        kept = keep(new, io.BytesIO(body))
        with transaction():
            told = CompanyFilesErased(
                provider=",".join(done.listed), company=owner.name, files=done.files, bytes=done.bytes, reason=reason,
                proof=done.proof,
            )  # fmt: skip
            record(told)
    return kept


def summary(done: Erased, kept: StoredFile) -> dict[str, Any]:
    """Return a job's result."""
    return {
        "page": f"/storage/files/{kept.id}", "files": done.files, "bytes": done.bytes, "withoutRecord": done.others,
        "listedAfterwards": done.listed, "proof": done.proof, "report": kept.file_name,
    }  # fmt: skip
