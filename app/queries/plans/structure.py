"""The shape of a plan: which nodes read which tables by which indexes, without a figure.

Partitions come and go with the days, so they count as their table, and what is as good as empty among them does not
count at all: the planner reads today's partition in another way at midnight than at noon, which is no change.
"""

import re
from collections.abc import Iterator
from hashlib import blake2b
from typing import Any

Node = dict[str, Any]  # Any: PostgreSQL's own JSON
PARTS = ("Strategy", "Join Type", "Operation", "Scan Direction", "CTE Name", "Function Name")
OF_PARTITION = re.compile(r"_(?:\d{6,8}|default|p\d+)(?=_|$)")
GATHERING = frozenset({"Append", "Merge Append"})
SMALL_SHARE = 0.05


def structure_of(plan: Node) -> str:
    """Return the hash of a plan's shape.

    Args:
        plan: As EXPLAIN (FORMAT JSON) has it, `{"Plan": …}`.
    """
    return blake2b(outline(plan["Plan"]).encode(), digest_size=8).hexdigest()


def outline(node: Node) -> str:
    """Return the shape of a node and of what it stands on."""
    if node["Node Type"] in GATHERING:
        parts = sorted({outline(one) for one in weighty(node)})
        if len(parts) == 1:
            return parts[0]
    else:
        parts = [outline(one) for one in node.get("Plans", ())]
    return label(node) + (f"({', '.join(parts)})" if parts else "")


def weighty(node: Node) -> list[Node]:
    """Return the parts of an Append that cost something."""
    parts: list[Node] = node.get("Plans", [])
    least = SMALL_SHARE * max((one["Total Cost"] for one in parts), default=0.0)
    return [one for one in parts if one["Total Cost"] >= least]


def label(node: Node) -> str:
    """Return a node as its words and names: `Index Scan on orders by ix_orders_company_id`."""
    words = [str(node["Node Type"]), *(str(node[part]) for part in PARTS if part in node and node[part] != "Forward")]
    if "Relation Name" in node:
        words += ["on", whole(node["Relation Name"])]
    if "Index Name" in node:
        words += ["by", whole(node["Index Name"])]
    return " ".join(words)


def whole(name: str) -> str:
    """Return the name of the table or index a partition's is a part of."""
    return OF_PARTITION.sub("", name)


def labels(node: Node) -> Iterator[str]:
    """Return the label of every node that counts."""
    gathers = node["Node Type"] in GATHERING
    if not gathers:
        yield label(node)
    for one in weighty(node) if gathers else node.get("Plans", ()):
        yield from labels(one)


def difference(before: Node, after: Node) -> str:
    """Say in a sentence what another plan does instead; tables and indexes first, for they say most."""
    was, now = list(dict.fromkeys(labels(before["Plan"]))), list(dict.fromkeys(labels(after["Plan"])))
    gone, come = [one for one in was if one not in now], [one for one in now if one not in was]
    gone.sort(key=lambda one: " on " not in one and " by " not in one)
    come.sort(key=lambda one: " on " not in one and " by " not in one)
    if not gone and not come:
        return "PostgreSQL takes the same steps in another order."
    if not gone or not come:
        return f"PostgreSQL {'adds' if come else 'leaves out'}: {', '.join((come or gone)[:3])}."
    return f"PostgreSQL does {', '.join(come[:3])} instead of {', '.join(gone[:3])}."
