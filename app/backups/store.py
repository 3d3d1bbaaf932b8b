"""Backups on disk: a dump and, written last, its manifest. A dump without one was never finished."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from app.core import clock, files

DAYS_KEPT, WEEKS_KEPT = 7, 4
YOUNG = timedelta(hours=1)
CHUNK = 1 << 20


@dataclass(frozen=True)
class Manifest:
    """What a backup holds.

    Attributes:
        tables: Rows of each table, counted in the snapshot that was dumped.
        revision: The newest migration in it.
        made_at: RFC 3339.
    """

    name: str
    made_at: str
    seconds: float
    size_bytes: int
    sha256: str
    server: str
    revision: str
    release: str
    tables: dict[str, int]

    @property
    def at(self) -> datetime:
        """When it was made."""
        return clock.parse(self.made_at)

    @property
    def rows(self) -> int:
        """All rows in it."""
        return sum(self.tables.values())

    @property
    def age_s(self) -> float:
        """How old it is."""
        return (clock.now() - self.at).total_seconds()


def dump_path(name: str) -> Path:
    """Return where the dump of a backup is. Inside `installation()`."""
    return files.place("backups", f"{name}.dump")


def manifest_path(name: str) -> Path:
    """Return where its manifest is."""
    return files.place("backups", f"{name}.json")


def write_manifest(found: Manifest) -> None:
    """Keep a manifest, which makes the dump beside it a backup."""
    with files.writing_text(manifest_path(found.name)) as target:
        json.dump(asdict(found), target, indent=2)


def list_backups() -> list[Manifest]:
    """Return the finished backups, newest first."""
    folder = files.place("backups", "x").parent
    found = [read_manifest(path) for path in folder.glob("*.json")] if folder.is_dir() else []
    whole = [one for one in found if one is not None and dump_path(one.name).is_file()]
    return sorted(whole, key=lambda one: one.made_at, reverse=True)


def read_manifest(path: Path) -> Manifest | None:
    """Return a manifest; None for a file that is none."""
    try:
        return Manifest(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


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
    for name in gone:
        manifest_path(name).unlink(missing_ok=True)  # first: without it the dump is no backup any more
        dump_path(name).unlink(missing_ok=True)
    return gone


def kept_names(backups: Iterable[Manifest]) -> set[str]:
    """Return which of these stay: the newest of each of the last 7 days and 4 weeks that have one."""
    newest_first = sorted(backups, key=lambda one: one.made_at, reverse=True)
    days: dict[date, str] = {}
    weeks: dict[tuple[int, int], str] = {}
    for one in newest_first:
        days.setdefault(one.at.date(), one.name)
        weeks.setdefault(one.at.isocalendar()[:2], one.name)
    return {*list(days.values())[:DAYS_KEPT], *list(weeks.values())[:WEEKS_KEPT]}
