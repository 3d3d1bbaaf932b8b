"""What a process holds in memory, as Linux counts it."""

import os
from pathlib import Path


def rss_bytes(pid: int | None = None) -> int:
    """Return the resident memory of a process; this one's when none is named."""
    pages = int(Path(f"/proc/{pid or os.getpid()}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def tree_bytes(pid: int) -> int:
    """Return the resident memory of a process and of all below it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return rss_bytes(pid) + sum(tree_bytes(int(child)) for child in children)
