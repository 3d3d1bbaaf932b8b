"""An inventory of a bucket: every object once, counted by folder; goes on where it was when it was interrupted."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from app.core import clock
from app.core.db import transaction
from app.core.present import plural
from app.core.running import progress
from app.storage.connections import reads, service
from app.storage.connections.bucket import Thing

PAGE, SAVE_EVERY = 1000, 10
MOST_FOLDERS, MOST_SHOWN = 500, 10
ROOT, OTHERS = "(not in a folder)", "(others)"


@dataclass
class Inventory:
    """What was counted so far.

    Attributes:
        marker: The last key that was counted.
        folders: First part of the key → [objects, bytes].
        largest, oldest: A few, as [key, bytes, when].
    """

    marker: str = ""
    objects: int = 0
    bytes: int = 0
    folders: dict[str, list[int]] = field(default_factory=dict)
    largest: list[list[Any]] = field(default_factory=list)
    oldest: list[list[Any]] = field(default_factory=list)

    def add(self, things: Sequence[Thing]) -> None:
        """Count a page."""
        for one in things:
            head, slash, _ = one.key.partition("/")
            name = f"{head}/" if slash else ROOT
            if name not in self.folders and len(self.folders) >= MOST_FOLDERS:
                name = OTHERS
            of = self.folders.setdefault(name, [0, 0])
            of[0], of[1] = of[0] + 1, of[1] + one.size_bytes
            self.objects, self.bytes, self.marker = self.objects + 1, self.bytes + one.size_bytes, one.key
        rows = [[one.key, one.size_bytes, clock.rfc3339(one.modified_at) if one.modified_at else ""] for one in things]
        self.largest = sorted(self.largest + rows, key=lambda row: -row[1])[:MOST_SHOWN]
        self.oldest = sorted(self.oldest + [row for row in rows if row[2]], key=lambda row: row[2])[:MOST_SHOWN]


def scan(connection_id: str) -> Inventory:
    """Count a bucket.

    Raises:
        NotFound, SecretRemoved, BucketNotReached: As they say; what was counted is kept, the next run goes on.
    """
    row = reads.find_connection(connection_id)
    bucket = reads.bucket_of(row)
    found = Inventory(**row.figures.get("scan", {}))
    pages = 0
    while True:
        page = bucket.page(after=found.marker, most=PAGE, deep=True)
        found.add(page.things)
        pages += 1
        if not page.token or not page.things:
            break
        if pages % SAVE_EVERY == 0:
            save(connection_id, found, is_done=False)
        progress(found.objects, None, f"{plural(found.objects, 'object')} counted")
    save(connection_id, found, is_done=True)
    return found


def save(connection_id: str, found: Inventory, *, is_done: bool) -> None:
    """Keep what was counted: as the usage once it is all, until then for who goes on."""
    with transaction():
        row = service.lock(connection_id)
        counted = asdict(found)
        if is_done:
            counted.pop("marker")
            row.figures = {"usage": counted}
            row.scanned_at = row.seen_at = clock.now()
            row.state, row.error = "good", ""
            service.touch(row, "it was counted")
        else:
            row.figures = {**row.figures, "scan": counted}
            row.version += 1
