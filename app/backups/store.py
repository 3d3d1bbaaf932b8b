"""Backups as stored files: a dump, what it holds in its row, and the same beside it as a file."""

import hashlib
import io
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path

from app.backups import old
from app.backups.manifest import Manifest, read_manifest
from app.core import files
from app.storage.models import StoredFile
from app.storage.reads.files import files_of
from app.storage.service.own import as_kept
from app.storage.service.reserve import NewFile
from app.storage.service.sending import keep
from app.storage.service.trash import purge
from app.storage.states import Category, State

SUBJECT = "backups"
DAYS_KEPT, WEEKS_KEPT = 7, 4
YOUNG = timedelta(hours=1)
CHUNK = 1 << 20


def new_file(name: str) -> NewFile:
    """Return the file of a backup, to be. Inside `installation()`, as all here."""
    return NewFile(
        file_name=f"{name}.dump", category=Category.BACKUPS, content_type="application/octet-stream", subject=SUBJECT,
        is_ours=True,
    )  # fmt: skip


def keep_beside(found: Manifest, dump: StoredFile) -> None:
    """Store the manifest as a file of its own, too: it tells which key is which backup when every table is lost."""
    text = json.dumps({**asdict(found), "key": dump.key}, indent=2).encode()
    new = NewFile(
        file_name=f"{found.name}.json", category=Category.BACKUPS, content_type="application/json", subject=SUBJECT,
        size_bytes=len(text), parent_id=dump.id, variant="manifest", is_ours=True,
    )  # fmt: skip
    keep(new, io.BytesIO(text))


def list_backups() -> list[Manifest]:
    """Return the finished backups, newest first."""
    found = {one.name: one for one in old.list_backups()} | {one.name: one for one in map(manifest_of, stored()) if one}
    return sorted(found.values(), key=lambda one: one.made_at, reverse=True)


def stored() -> list[StoredFile]:
    """Return the dumps that are stored and ready."""
    return [row for row in files_of(SUBJECT) if row.state == State.READY]


def manifest_of(row: StoredFile) -> Manifest | None:
    """Return what a stored dump says it holds."""
    return read_manifest(row.about.get("manifest"))


def shape_written(name: str) -> dict[str, str]:
    """Return what a backup's database was besides its rows; empty when it was made before that was kept."""
    row = next((row for row in stored() if row.file_name == f"{name}.dump"), None)
    return dict(row.about.get("shape", {})) if row else {}


@contextmanager
def fetched(name: str) -> Iterator[Path]:
    """Give the dump of a backup as a file on this disk.

    Raises:
        Problem: It cannot be read.
    """
    row = next((row for row in stored() if row.file_name == f"{name}.dump"), None)
    if row is None:
        yield old.dump_path(name)
        return
    with files.fetched(as_kept(row)) as path:
        yield path


def digest(path: Path) -> str:
    """Return a file's SHA-256."""
    found = hashlib.sha256()
    with path.open("rb") as source:
        while chunk := source.read(CHUNK):
            found.update(chunk)
    return found.hexdigest()


def prune() -> list[str]:
    """Remove what is neither the newest of one of seven days nor of one of four weeks; return the names."""
    backups = list_backups()
    kept = kept_names(backups)
    gone = [one.name for one in backups if one.name not in kept and one.age_s > YOUNG.total_seconds()]
    rows = {row.file_name.removesuffix(".dump"): row for row in stored()}
    purge([rows[name].id for name in gone if name in rows and rows[name].held_at is None])
    for name in gone:
        old.remove(name)
    return [name for name in gone if name not in rows or rows[name].held_at is None]


def kept_names(backups: Iterable[Manifest]) -> set[str]:
    """Return which of these stay: the newest of each of the last 7 days and 4 weeks that have one."""
    newest_first = sorted(backups, key=lambda one: one.made_at, reverse=True)
    days: dict[date, str] = {}
    weeks: dict[tuple[int, int], str] = {}
    for one in newest_first:
        days.setdefault(one.at.date(), one.name)
        weeks.setdefault(one.at.isocalendar()[:2], one.name)
    return {*list(days.values())[:DAYS_KEPT], *list(weeks.values())[:WEEKS_KEPT]}
