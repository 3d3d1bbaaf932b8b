"""How many pages an index would have: from the planner's figures, for nothing is built.

B-trees store equal keys once with a list of rows (since PostgreSQL 13), six bytes a row; the formulas of the others
are from their page layouts (src/backend/access/*/README) and are rougher: docs/queries.md says how far off.
"""

import math
from dataclasses import dataclass

USABLE_BYTES = 8192 - 24 - 16
ITEM_BYTES = 8 + 4  # a tuple's header and its line pointer
ROW_POINTER_BYTES = 6
FILL = 0.9
FANOUT = 200  # keys on an inner page
LIKELY_WIDTH = 16  # of an expression nobody has analysed
BRIN_RANGE_PAGES = 128
BRIN_MAP_ENTRIES = 1360


@dataclass(frozen=True)
class Shape:
    """What an index is made of.

    Attributes:
        method: `btree`, `gin`, `brin`, `hash`, `gist` …
        width: Bytes of one entry's columns.
        distinct: How many different keys there are.
        shares_keys: Whether equal keys may be stored once: no INCLUDE, no unique.
    """

    method: str
    rows: float
    width: float
    distinct: float
    table_pages: int
    shares_keys: bool = True


def estimate_pages(shape: Shape) -> int:
    """Return the pages of an index, its first one included."""
    rows = max(shape.rows, 0.0)
    match shape.method:
        case "brin":
            ranges = math.ceil(shape.table_pages / BRIN_RANGE_PAGES)
            body = ranges * (ITEM_BYTES + 2 * shape.width + 4)
            return 1 + math.ceil(ranges / BRIN_MAP_ENTRIES) + math.ceil(body / USABLE_BYTES)
        case "gin":
            # Each trigram or element of a row is a compressed row pointer in some list: two bytes on average.
            return 2 + math.ceil(rows * (shape.width + 1) * 2 / (USABLE_BYTES * FILL))
        case "hash":
            return 2 + math.ceil(rows * (8 + ITEM_BYTES) / (USABLE_BYTES * 0.75))
        case "gist" | "spgist":
            return 1 + math.ceil(rows * (shape.width + ITEM_BYTES) / (USABLE_BYTES * 0.7))
        case _:
            return estimate_btree(shape, rows)


def estimate_btree(shape: Shape, rows: float) -> int:
    """Return the pages of a B-tree just built."""
    key = math.ceil(shape.width / 8) * 8 + ITEM_BYTES
    each = rows * key
    distinct = min(max(shape.distinct, 1.0), max(rows, 1.0))
    shared = distinct * key + rows * ROW_POINTER_BYTES
    leaves = math.ceil((min(each, shared) if shape.shares_keys else each) / (USABLE_BYTES * FILL))
    return 1 + max(leaves, 1) + math.ceil(leaves / FANOUT)
