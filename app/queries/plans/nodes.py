"""What a node of a plan does, in our words."""

import re
from typing import Any

Node = dict[str, Any]  # Any: PostgreSQL's own JSON
NAMES = {
    "Seq Scan": "Sequential scan", "Index Scan": "Index scan", "Index Only Scan": "Index-only scan",
    "Bitmap Heap Scan": "Bitmap scan", "Bitmap Index Scan": "Bitmap of index", "BitmapOr": "Bitmaps joined",
    "BitmapAnd": "Bitmaps cut", "Nested Loop": "Nested loop", "Hash Join": "Hash join", "Merge Join": "Merge join",
    "Aggregate": "Aggregate", "WindowAgg": "Window", "Gather Merge": "Gather, in order", "Incremental Sort": "Partial sort",
    "Subquery Scan": "Subquery", "CTE Scan": "Scan of WITH", "ModifyTable": "Write", "LockRows": "Lock rows",
    "Function Scan": "Function", "Values Scan": "Values", "Tid Scan": "Row by address", "Memoize": "Remember",
    "Materialize": "Keep in memory", "Merge Append": "Parts, in order", "Append": "Parts", "Unique": "Without repeats",
    "SetOp": "Set operation", "ProjectSet": "Rows from a function", "Result": "Result", "Recursive Union": "Recursion",
    "Sample Scan": "Sample",
}  # fmt: skip
AGGREGATES = {
    "Sorted": "Sorted aggregate",
    "Hashed": "Hash aggregate",
    "Mixed": "Mixed aggregate",
    "Plain": "Aggregate",
}
SENTENCES = {
    "Seq Scan": "Reads every row of {on}, one after another.",
    "Index Scan": "Finds rows of {on} by the index {index}, and reads them from the table.",
    "Index Only Scan": "Takes what it needs from the index {index} alone.",
    "Bitmap Heap Scan": "Reads the pages of {on} that an index has marked.",
    "Bitmap Index Scan": "Marks pages by the index {index}.",
    "Nested Loop": "Asks its second part once for each row of its first.",
    "Hash Join": "Puts one side into a hash table, and looks each row of the other up in it.",
    "Merge Join": "Walks along two sorted sides at once.",
    "Hash": "Makes a hash table of its rows.",
    "Sort": "Sorts its rows.",
    "Incremental Sort": "Sorts rows that are partly in order already.",
    "Aggregate": "Adds rows up.",
    "WindowAgg": "Adds up over a window of rows.",
    "Limit": "Stops after so many rows.",
    "Gather": "Brings together what several processes found.",
    "Gather Merge": "Brings together what several processes found, keeping its order.",
    "Append": "Reads its parts one after another.",
    "Merge Append": "Reads its parts side by side, keeping their order.",
    "Memoize": "Remembers what was looked up, for rows that ask the same.",
    "Materialize": "Keeps its rows, to read them again.",
    "ModifyTable": "Writes to {on}.",
    "LockRows": "Locks the rows it passes on.",
    "CTE Scan": "Reads the rows of a WITH clause.",
    "Subquery Scan": "Reads the rows of a subquery.",
    "Unique": "Leaves out rows that are equal to the one before.",
    "Result": "Works out a row without reading a table.",
    "Function Scan": "Reads the rows that a function returns.",
}
CONDITIONS = ("Index Cond", "Recheck Cond", "Filter", "One-Time Filter", "Join Filter")
# A column before an operator; `(users.name)::text` and `u.name` count as well.
COLUMN = re.compile(r"(?:\w+\.)?\"?([a-z_]\w*)\"?\)?(?:::\w+)?\s*(?:=|<>|<=?|>=?|~~\*?|@>|&&|IS\b)", re.IGNORECASE)
POLICY = "current_setting("  # its argument is a constant, so it is not in a plan that is kept
LIST_MOST = 4


def name_of(node: Node) -> str:
    """Return the words for a kind of node."""
    kind = str(node["Node Type"])
    if kind == "Aggregate":
        name = AGGREGATES.get(str(node.get("Strategy")), "Aggregate")
    elif kind == "ModifyTable":
        name = str(node.get("Operation", "Write"))
    else:
        name = NAMES.get(kind, kind)
    return f"Parallel {name[0].lower()}{name[1:]}" if node.get("Parallel Aware") else name


def target_of(node: Node) -> str:
    """Return what stands behind a node's name: the index, the table, the columns it sorts, groups or joins by."""
    if "Index Name" in node:
        table = f" on {node['Relation Name']}" if "Relation Name" in node else ""
        return f"{node['Index Name']}{table}"
    if "Relation Name" in node:
        return f"on {node['Relation Name']}"
    for key, word in (("Sort Key", "by"), ("Group Key", "by")):
        if key in node:
            return f"{word} {enumerate_few([bare(one) for one in node[key]])}"
    for key in ("Hash Cond", "Merge Cond"):
        if key in node:
            return f"on {enumerate_few(columns_of(str(node[key])))}"
    return str(node.get("CTE Name", "") or node.get("Function Name", ""))


def notes_of(node: Node) -> list[str]:
    """Return what else is worth saying, the most telling first."""
    notes = [*removed(node), *room(node)]
    by = [column for key in ("Index Cond", "Recheck Cond") if key in node for column in columns_of(str(node[key]))]
    if by:
        notes.append(f"by {enumerate_few(by)}")
    filtered = str(node.get("Filter", ""))
    if filtered and not any("to keep" in note for note in notes):
        columns = columns_of(filtered)
        notes.append(f"keeps what fits {enumerate_few(columns)}" if columns else "keeps what fits a condition")
    if any(POLICY in str(node.get(key, "")) for key in CONDITIONS):
        notes.append("inside its company")
    if node.get("Heap Fetches"):
        notes.append(f"{node['Heap Fetches']:,} rows looked up in the table after all")
    if node.get("Workers Planned") is not None:
        workers = node.get("Workers Launched", node["Workers Planned"])
        notes.append(f"{workers} more processes" if workers != 1 else "1 more process")
    return notes


def removed(node: Node) -> list[str]:
    """Return how many rows were read to keep how few, when it was run."""
    gone = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    gone += node.get("Rows Removed by Join Filter", 0)
    if not gone or "Actual Rows" not in node:
        return []
    loops = node.get("Actual Loops", 1) or 1
    kept = node["Actual Rows"] * loops
    return [f"reads {round(gone * loops + kept):,} rows to keep {round(kept):,}"]


def room(node: Node) -> list[str]:
    """Return what it needed of memory and disk, when it was run."""
    notes = []
    if "Sort Space Used" in node:
        where = "in memory" if node.get("Sort Space Type") == "Memory" else "on disk"
        notes.append(f"{where}, {node['Sort Space Used']:,} kB")
    if node.get("Hash Batches", 1) > 1:
        notes.append(f"{node['Hash Batches']} batches: it did not fit into memory")
    if node.get("Disk Usage"):
        notes.append(f"{node['Disk Usage']:,} kB spilled to disk")
    return notes


def sentence_of(node: Node) -> str:
    """Return what a node does as a sentence."""
    kind = str(node["Node Type"])
    words = {"on": node.get("Relation Name", "its table"), "index": node.get("Index Name", "")}
    sentence = SENTENCES.get(kind, f"{name_of(node)}.").format(**words)
    notes = notes_of(node)
    return f"{sentence} {notes[0][0].upper()}{notes[0][1:]}." if notes else sentence


def columns_of(condition: str) -> list[str]:
    """Return the columns a condition compares, each once."""
    return list(dict.fromkeys(COLUMN.findall(condition)))


def bare(key: str) -> str:
    """Return a sort or group key without its table."""
    return re.sub(r"^\w+\.(?=\w)", "", key)


def enumerate_few(names: list[str]) -> str:
    """Return names as people list them."""
    shown = names[:LIST_MOST]
    more = len(names) - len(shown)
    if more:
        return f"{', '.join(shown)} and {more} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)
