"""Questions about many files of the company one acts in: by page, by index, and never counted."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from app.core import clock
from app.core.cursor import decode_cursor, encode_cursor
from app.core.db import db
from app.core.ids import ulid_floor
from app.storage.browsing.query import FileKind, FileView, ListFiles
from app.storage.keys import is_key
from app.storage.models import StoredFile
from app.storage.previews.draw import SIDE
from app.storage.reads.variants import find_variants
from app.storage.states import State

THUMB = f"thumb-{SIDE}"
MOST_FOUND = 500  # by a word in their names: who gets more types another word
MB = 1_000_000
DIGEST = re.compile(r"[0-9a-fA-F]{64}", re.ASCII)
ULID = re.compile(r"[0-9A-Za-z]{26}", re.ASCII)
SUBJECT = re.compile(r"[a-z-]+:\S+")
STATES: dict[FileView, tuple[State, ...]] = {
    FileView.USED: (State.READY,),
    FileView.ARRIVING: (State.PENDING, State.UPLOADED, State.SCANNING),
    FileView.TRASH: (State.TRASHED,),
    FileView.REFUSED: (State.REFUSED,),
}
TYPES: dict[FileKind, tuple[str, ...]] = {
    FileKind.PICTURE: ("image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"),
    FileKind.PDF: ("application/pdf",),
    FileKind.TEXT: ("text/plain", "text/csv", "application/json", "text/markdown"),
}


@dataclass(frozen=True)
class FilePage:
    """One page of files; `has_thumb` are the ids of those with a small picture."""

    items: Sequence[StoredFile]
    next_cursor: str | None
    has_thumb: frozenset[str]


def list_files(query: ListFiles) -> FilePage:
    """Return a page of the files that match."""
    statement = sa.select(StoredFile).where(*conditions(query))
    if query.sort == "size" or query.larger_mb:
        place = sa.tuple_(StoredFile.size_bytes, StoredFile.id)
        if query.after:
            size, last = decode_cursor(query.after, StoredFile.size_bytes, StoredFile.id)
            statement = statement.where(place < sa.tuple_(sa.literal(size), sa.literal(last)))
        statement = statement.order_by(StoredFile.size_bytes.desc(), StoredFile.id.desc())
    else:
        if query.after:
            statement = statement.where(StoredFile.id < decode_cursor(query.after, StoredFile.id)[0])
        statement = statement.order_by(StoredFile.id.desc())
    found = db.session.scalars(statement.limit(query.limit + 1)).all()
    items = found[: query.limit]
    return FilePage(items, cursor_of(query, items[-1]) if len(found) > query.limit else None, thumbs_of(items))


def rows_again(query: ListFiles, ids: Sequence[str]) -> FilePage:
    """Return those of some files that (still) match, in no order."""
    found = db.session.scalars(sa.select(StoredFile).where(*conditions(query), StoredFile.id.in_(ids))).all()
    return FilePage(found, None, thumbs_of(found))


def cursor_of(query: ListFiles, last: StoredFile) -> str:
    """Return the position behind a file."""
    if query.sort == "size" or query.larger_mb:
        return encode_cursor(last.size_bytes, last.id)
    return encode_cursor(last.id)


def conditions(query: ListFiles) -> list[sa.ColumnElement[bool]]:
    """Return what a file of the list must be."""
    found: list[sa.ColumnElement[bool]] = [StoredFile.parent_id.is_(None)]
    if query.view is FileView.HELD:
        found.append(StoredFile.held_at.is_not(None))
    else:
        found.append(StoredFile.state.in_(STATES[query.view]))
        if query.view is not FileView.USED:
            found.append(StoredFile.state != State.READY)  # said again, for the index of those that are not in use
    if query.category:
        found.append(StoredFile.category == query.category)
    if query.kind:
        found.append(StoredFile.content_type.in_(TYPES[FileKind(query.kind)]))
    if query.larger_mb:
        found.append(StoredFile.size_bytes >= query.larger_mb * MB)
    if query.older_days:
        found.append(StoredFile.id < ulid_floor(clock.now() - timedelta(days=query.older_days)))
    if query.q:
        found.append(named(query.q))
    return found


def is_exact(text: str) -> bool:
    """Say whether a text can be nothing but one file's id, key or digest."""
    return is_key(text) or bool(DIGEST.fullmatch(text) or ULID.fullmatch(text))


def named(words: str) -> sa.ColumnElement[bool]:
    """Return the condition that a file is the one somebody pasted, or has words in its name."""
    text = words.strip()
    if is_key(text):
        return StoredFile.key == text
    if DIGEST.fullmatch(text):
        return StoredFile.sha256 == text.lower()
    if SUBJECT.fullmatch(text):
        return StoredFile.subject == text
    if ULID.fullmatch(text):
        return StoredFile.id == text.upper()
    pattern = "".join("\\" + letter if letter in "\\%_" else letter for letter in text.lower())
    ids = sa.func.search_files(f"%{pattern}%", MOST_FOUND).column_valued("id")
    return StoredFile.id.in_(sa.select(ids))


def thumbs_of(rows: Sequence[StoredFile]) -> frozenset[str]:
    """Return which files have a small picture."""
    return frozenset(find_variants([row.id for row in rows], THUMB))
