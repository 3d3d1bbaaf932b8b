"""Gives empty B-trees the height they would have: the planner reads it from an index's first page, and prices by it.

An empty tree has none, so each descent would look an eighth of a unit too cheap for every level: next to nothing in a
report, and a tenth of the whole for a lookup of one row.
"""

import math
import struct
from pathlib import Path

from app.queries.server.protocol import Link
from app.queries.shadow.server import Address

FANOUT = 200  # keys on an inner page
META = 24  # behind the page's header: magic, version, root, level, fast root, fast level (nbtree.h)
MAGIC = 0x053162
LEAF_AND_META = 2

TREES = """SELECT c.relpages AS pages, pg_relation_filepath(c.oid) AS path FROM pg_class c JOIN pg_am m ON m.oid = c.relam
  WHERE c.relkind = 'i' AND m.amname = 'btree' AND c.relpages > 2 AND c.relnamespace = 'public'::regnamespace"""
EVICT = """SELECT count(*) FROM (SELECT pg_buffercache_evict(bufferid) FROM pg_buffercache b
  WHERE b.relfilenode = pg_relation_filenode(%s::oid)) evicted"""


def read_trees(connection: Link) -> list[tuple[str, int]]:
    """Return (file, pages) of every B-tree that is more than a leaf."""
    return [(row["path"], row["pages"]) for row in connection.execute(TREES).fetchall()]


def raise_tree(address: Address, path: str, pages: int) -> None:
    """Write the height into an index's first page; the server must not hold that page."""
    file = address.data / path
    with Path(file).open("r+b") as stream:
        stream.seek(META)
        (magic,) = struct.unpack("<I", stream.read(4))
        if magic != MAGIC:  # not as this version writes it: leave it as it is
            return
        height = height_of(pages)
        stream.seek(META + 8)
        stream.write(struct.pack("<IIII", 1, height, 1, height))


def height_of(pages: int) -> int:
    """Return how many levels stand above the leaves."""
    leaves, height = max(pages - LEAF_AND_META, 1), 0
    while leaves > 1:
        leaves, height = math.ceil(leaves / FANOUT), height + 1
    return height


def evict(connection: Link, index: int) -> None:
    """Have the server write an index's pages to their file and forget them."""
    connection.execute("CHECKPOINT")
    connection.execute(EVICT, [index])
