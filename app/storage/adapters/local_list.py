"""Files on disk in the order of their keys, page by page, without holding more than one folder's names."""

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime

from app.storage.adapters.protocol import Stored
from app.storage.adapters.tree import Tree, names_in


def pages(tree: Tree, base: str, prefix: str, after: str, size: int) -> Iterator[Sequence[Stored]]:
    """Yield pages of what is below `base` whose key begins with `prefix` and comes after `after`, of `size` at most."""
    page: list[Stored] = []
    head = prefix.rpartition("/")[0]
    for one in _walk(tree, base, f"{head}/" if head else "", prefix, after):
        page.append(one)
        if len(page) == size:
            yield page
            page = []
    if page:
        yield page


def _walk(tree: Tree, base: str, inside: str, prefix: str, after: str) -> Iterator[Stored]:
    for name, found in _names(tree, base + inside):
        key = inside + name
        if stat.S_ISDIR(found.st_mode):
            below = f"{key}/"
            is_wanted = below.startswith(prefix) or prefix.startswith(below)
            if is_wanted and (below > after or after.startswith(below)):
                yield from _walk(tree, base, below, prefix, after)
        elif key > after and key.startswith(prefix):
            yield _stored(key, found)


def _names(tree: Tree, path: str) -> Sequence[tuple[str, os.stat_result]]:
    """Return one folder's files and folders, sorted as their keys are: a folder's name ends in a slash."""
    found = []
    with suppress(FileNotFoundError, NotADirectoryError), tree.folder(path) as folder:
        for name in names_in(folder):
            with suppress(FileNotFoundError):
                about = os.stat(name, dir_fd=folder, follow_symlinks=False)
                if stat.S_ISREG(about.st_mode) or stat.S_ISDIR(about.st_mode):
                    found.append((name, about))
    return sorted(found, key=lambda one: one[0] + "/" if stat.S_ISDIR(one[1].st_mode) else one[0])


def _stored(key: str, found: os.stat_result) -> Stored:
    etag = f"{found.st_ino:x}-{found.st_mtime_ns:x}-{found.st_size:x}"
    return Stored(key, found.st_size, etag, modified_at=datetime.fromtimestamp(found.st_mtime_ns / 1e9, UTC))
