"""Makes empty files as long as the real ones: the planner takes a relation's pages from the length of its file.

The length is a hole: it takes no room on the disk, and is never read, for nothing but EXPLAIN runs there.
"""

import os
from pathlib import Path
from typing import NamedTuple

from app.core.embedded.place import PRIVATE
from app.queries.server.protocol import Link
from app.queries.shadow.server import Address

PAGE_BYTES = 8192
SEGMENT_PAGES = 131_072  # PostgreSQL's files end at 1 GiB; the next is called <name>.1
MOST_PAGES = SEGMENT_PAGES * 4096  # 4 TiB: beyond that no plan changes any more, and file names do not end
OWNER_ONLY = PRIVATE & 0o600


class Extent(NamedTuple):
    """How long a relation's file should be."""

    relation: int
    pages: int


def read_extents(connection: Link) -> list[Extent]:
    """Return the pages of every table and index, as the copied catalogue has them."""
    rows = connection.execute(
        "SELECT oid::bigint AS relation, relpages AS pages FROM pg_class WHERE relkind IN ('r', 'i') AND relpages > 1 "
        "AND relnamespace = 'public'::regnamespace"
    ).fetchall()
    return [Extent(row["relation"], row["pages"]) for row in rows]


def dig(address: Address, connection: Link, extents: list[Extent]) -> None:
    """Give each relation's file its length."""
    wanted = {extent.relation: min(extent.pages, MOST_PAGES) for extent in extents}
    rows = connection.execute(
        "SELECT oid::bigint AS relation, pg_relation_filepath(oid) AS path FROM pg_class WHERE oid = ANY(%s)",
        [list(wanted)],
    ).fetchall()
    for row in rows:
        if row["path"] is not None:
            set_length(address, address.data / row["path"], wanted[row["relation"]])


def set_length(address: Address, path: Path, pages: int) -> None:
    """Make one relation's files as long as so many pages."""
    full, rest = divmod(pages, SEGMENT_PAGES)
    os.truncate(path, PAGE_BYTES * (SEGMENT_PAGES if full else rest))
    for number in range(1, full + 1):
        length = SEGMENT_PAGES if number < full else rest
        segment = path.with_name(f"{path.name}.{number}")
        segment.touch(OWNER_ONLY)
        os.truncate(segment, PAGE_BYTES * length)
        if address.uid >= 0:
            os.chown(segment, address.uid, address.gid)
    number = full + 1
    while (left := path.with_name(f"{path.name}.{number}")).exists():
        left.unlink()
        number += 1
