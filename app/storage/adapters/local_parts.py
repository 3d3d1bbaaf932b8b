"""Multipart uploads on disk: a folder each, a file for each part; the parts are joined at the end.

A part's file is named by its number and digest, so listing needs no reading: `00007-<sha256>`.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from uuid import uuid4

from app.storage.adapters.bodies import PIECE_BYTES
from app.storage.adapters.protocol import ObjectMissing, Part, ProviderRefused, Unfinished, WrongBytes
from app.storage.adapters.tree import Tree, names_in

MULTIPARTS = "multiparts/"
ABOUT = "about.json"
UPLOAD_ID = re.compile(r"[0-9a-f]{32}")
PART = re.compile(r"([0-9]{5})-([0-9a-f]{64})")
MOST_PARTS = 10_000


def begin(tree: Tree, key: str, content_type: str) -> str:
    """Make the folder of an upload; its name is the upload's id."""
    upload_id = uuid4().hex
    about = json.dumps({"key": key, "content_type": content_type}).encode()
    with tree.draft() as draft:
        draft.write(about)
        tree.give_name(draft, f"{MULTIPARTS}{upload_id}/{ABOUT}")
    return upload_id


def put(tree: Tree, key: str, upload_id: str, number: int, pieces: Iterable[bytes]) -> Part:
    """Write a part; one of the same number goes."""
    if not 1 <= number <= MOST_PARTS:
        raise ProviderRefused(f"parts are numbered from 1 to {MOST_PARTS}", key)
    folder = _folder(tree, key, upload_id)
    seen, size = hashlib.sha256(), 0
    with tree.draft() as draft:
        for piece in pieces:
            seen.update(piece)
            size += len(piece)
            draft.write(piece)
        draft.settle()
        name = f"{number:05d}-{seen.hexdigest()}"
        with tree.folder(folder) as here:  # not made: an upload aborted meanwhile must not come back
            with suppress(FileExistsError):  # the same part again
                draft.link(here, name)
            for other in names_in(here):
                if other.startswith(f"{number:05d}-") and other != name:
                    with suppress(FileNotFoundError):
                        os.unlink(other, dir_fd=here)
            os.fsync(here)
    return Part(number, seen.hexdigest(), size, seen.hexdigest())


def parts(tree: Tree, key: str, upload_id: str) -> Sequence[Part]:
    """Return the parts by number; of two of one number, which a crash can leave, the later one."""
    found: dict[int, tuple[int, Part]] = {}
    with tree.folder(_folder(tree, key, upload_id)) as here:
        for name in names_in(here):
            if (match := PART.fullmatch(name)) is None:
                continue
            about = os.stat(name, dir_fd=here, follow_symlinks=False)
            number = int(match[1])
            if number not in found or found[number][0] < about.st_mtime_ns:
                found[number] = about.st_mtime_ns, Part(number, match[2], about.st_size, match[2])
    return [found[number][1] for number in sorted(found)]


def chosen(tree: Tree, key: str, upload_id: str, wanted: Sequence[Part]) -> Sequence[Part]:
    """Return the parts to join, as they are here.

    Raises:
        WrongBytes: One is not there or is another one, or they are not in order.
    """
    there = {part.number: part for part in parts(tree, key, upload_id)}
    numbers = [part.number for part in wanted]
    if not numbers or numbers != sorted(set(numbers)):
        raise WrongBytes("the parts are not in order", key)
    for part in wanted:
        if part.number not in there or there[part.number].etag != part.etag.lower():
            raise WrongBytes(f"part {part.number} is not there, or is another one", key)
    return [there[number] for number in numbers]


def read(tree: Tree, upload_id: str, names: Sequence[Part]) -> Iterator[bytes]:
    """Yield the bytes of parts one after the other."""
    for part in names:
        descriptor = tree.open(f"{MULTIPARTS}{upload_id}/{part.number:05d}-{part.etag}")
        try:
            while piece := os.read(descriptor, PIECE_BYTES):
                yield piece
        finally:
            os.close(descriptor)


def remove(tree: Tree, upload_id: str) -> None:
    """Take an upload away; one that is not there is no mistake."""
    if not UPLOAD_ID.fullmatch(upload_id):
        return
    with suppress(FileNotFoundError), tree.folder(MULTIPARTS) as above:
        with suppress(FileNotFoundError), tree.folder(MULTIPARTS + upload_id) as here:
            # What says whose it is goes last: cut short, it is still found and taken away.
            for name in sorted(names_in(here), key=lambda name: name == ABOUT):
                with suppress(FileNotFoundError):
                    os.unlink(name, dir_fd=here)
        os.rmdir(upload_id, dir_fd=above)
        os.fsync(above)


def unfinished(tree: Tree, prefix: str) -> Iterator[Unfinished]:
    """Yield the uploads in the making."""
    names: list[str] = []
    with suppress(FileNotFoundError), tree.folder(MULTIPARTS) as above:
        names = sorted(filter(UPLOAD_ID.fullmatch, names_in(above)))
    for upload_id in names:
        with suppress(FileNotFoundError):
            key, begun_at = _about(tree, upload_id)
            if key.startswith(prefix):
                yield Unfinished(key, upload_id, begun_at)


def _folder(tree: Tree, key: str, upload_id: str) -> str:
    with suppress(FileNotFoundError):
        if UPLOAD_ID.fullmatch(upload_id) and _about(tree, upload_id)[0] == key:
            return MULTIPARTS + upload_id
    raise ObjectMissing("there is no such upload", key)


def _about(tree: Tree, upload_id: str) -> tuple[str, datetime]:
    descriptor = tree.open(f"{MULTIPARTS}{upload_id}/{ABOUT}")
    try:
        begun_at = datetime.fromtimestamp(os.fstat(descriptor).st_mtime, UTC)
        return str(json.loads(os.read(descriptor, PIECE_BYTES))["key"]), begun_at
    finally:
        os.close(descriptor)
