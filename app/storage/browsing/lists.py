"""The list of files, and what is done to those that are ticked."""

from typing import Any

from flask import Response, request, url_for

from app.core import live
from app.core.access import allow
from app.core.api import parse_form, parse_query
from app.core.db import transaction
from app.core.errors import InvalidInput
from app.core.idempotency import once
from app.core.outbox import record
from app.core.present import plural, query_with
from app.core.web import done, fragment, page
from app.storage.browsing import reads
from app.storage.browsing.blueprint import TOPIC, bp
from app.storage.browsing.events import FileDeletionAsked
from app.storage.browsing.looks import FOLDERS, kind_of, look_of
from app.storage.browsing.query import BulkFiles, FileFilter, FileKind, FileView, ListFiles, ShowFiles
from app.storage.models import StoredFile
from app.storage.reads.files import find_files
from app.storage.service import trash
from app.storage.states import State

VIEWS = {
    FileView.USED: "In use",
    FileView.ARRIVING: "Arriving",
    FileView.TRASH: "Trash",
    FileView.REFUSED: "Refused",
    FileView.HELD: "On hold",
}
KINDS = {FileKind.PICTURE: "Pictures", FileKind.PDF: "PDFs", FileKind.TEXT: "Texts"}
MOST_TICKED = 200


@bp.get("")
@allow("files:read")
def list_files() -> Response:
    """The files of the company; `ids=` asks for some of them again."""
    query = parse_query(ShowFiles)
    if query.ids is not None:
        found = reads.rows_again(query, query.row_ids)
        return fragment("storage/file_rows.html", files=found.items, thumbs=found.has_thumb, **looks())
    state = live.state(TOPIC)
    found = reads.list_files(query)
    return page(
        "storage/files.html", block="rows", live=state, query=query, files=found.items, thumbs=found.has_thumb,
        cursor=found.next_cursor, views=tabs(query), chips=chips(query), categories=FOLDERS, kinds=KINDS,
        **looks(),
    )  # fmt: skip


def looks() -> dict[str, Any]:  # Any: functions and tables for the template
    """Return what rows are drawn with."""
    return {"look_of": look_of, "kind_of": kind_of, "folders": FOLDERS}


def tabs(query: ListFiles) -> list[dict[str, object]]:
    """Return the tabs of the list."""
    return [
        {"label": label, "href": query_with(view=view.value, after=None), "current": query.view is view}
        for view, label in VIEWS.items()
    ]


def chips(query: FileFilter) -> list[dict[str, str]]:
    """Return the conditions of the list, each with the address without it."""
    found = [
        ("Folder", FOLDERS[query.category] if query.category else "", "category"),
        ("Kind", KINDS[query.kind] if query.kind else "", "kind"),
        ("Words", query.q, "q"),
        ("Larger than", f"{query.larger_mb} MB" if query.larger_mb else "", "largerMb"),
        ("Older than", plural(query.older_days, "day") if query.older_days else "", "olderDays"),
    ]
    return [
        {"label": label, "value": value, "href": query_with(**{name: None})} for label, value, name in found if value
    ]


@bp.post("/acts")
@allow("files:write")
@once
def act_on_ticked() -> Response:
    """Trash or restore the ticked files; deleting them for good is asked for on a page of its own."""
    form = parse_form(BulkFiles)
    ids = ticked()
    back = url_for("files.list_files", view=form.view.value)
    if form.act == "zip":
        return done(url_for("files.send_zip", file=ids))
    if form.act == "purge":
        return done(url_for("files.ask_purge", file=ids))
    if form.act == "restore":
        return done(back, toast=said(trash.restore(ids), "restored"))
    held = [row.file_name for row in find_files(ids) if row.held_at is not None]
    if held:
        word = (
            f"Nothing changed: {held[0]} is on legal hold."
            if len(held) == 1
            else f"Nothing changed: {plural(len(held), 'file')} are on legal hold."
        )
        return done(back, toast=word)
    changed = trash.trash(ids)
    undo = url_for("files.restore_files", file=[row.id for row in changed if row.parent_id is None])
    return done(back, toast=said(changed, "put into the trash"), undo=undo if changed else None)


@bp.post("/restoration")
@allow("files:write")
@once
def restore_files() -> Response:
    """Take files back out of the trash: what Undo does."""
    return done(url_for("files.list_files"), toast=said(trash.restore(ticked()), "restored"))


@bp.get("/deletion")
@allow("files:manage")
def ask_purge() -> Response:
    """Say what deleting for good would reach, and ask."""
    return purge_page(ticked(), {})


def purge_page(ids: list[str], errors: dict[str, str], status: int = 200) -> Response:
    """Render the question."""
    rows = find_files(ids)
    size = sum(row.size_bytes for row in rows)
    return page(
        "storage/purge.html", status=status, files=rows, size=size, errors=errors, sentence=typed_sentence(len(rows)),
        held=sum(row.held_at is not None for row in rows), used=sum(row.state == State.READY for row in rows),
    )  # fmt: skip


@bp.post("/deletion")
@allow("files:manage")
@once
def purge_files() -> Response:
    """Delete files for good: their bytes first, then their rows."""
    ids = ticked()
    wanted = typed_sentence(len(find_files(ids)))
    errors = {}
    if not request.form.get("reason", "").strip():
        errors["reason"] = "Say why; it is kept in the audit log."
    if request.form.get("typed", "").strip() != wanted:
        errors["typed"] = f"Type {wanted}."
    if errors:
        return purge_page(ids, errors, 422)
    gone = purge(ids, request.form["reason"].strip()[:500])
    return done(url_for("files.list_files", view="trash"), toast=said(gone, "deleted for good"))


def purge(ids: list[str], reason: str) -> list[StoredFile]:
    """Have files deleted for good, and keep who wanted it and why."""
    with transaction():
        gone = trash.purge(ids)
        for row in gone:
            if row.parent_id is None:
                asked = FileDeletionAsked(id=row.id, file_name=row.file_name, size_bytes=row.size_bytes, reason=reason)
                record(asked, version=row.version)
    return gone


def typed_sentence(count: int) -> str:
    """Return what is typed to delete so many files."""
    return f"delete {plural(count, 'file')}"


def ticked() -> list[str]:
    """Return the ids that were ticked.

    Raises:
        InvalidInput: None, or too many.
    """
    ids = [one for one in dict.fromkeys(request.values.getlist("file")) if "\x00" not in one]
    if not ids or len(ids) > MOST_TICKED:
        sentence = "Tick at least one file." if not ids else f"Tick {MOST_TICKED} files at most."
        raise InvalidInput(errors=[{"field": "file", "message": sentence}])
    return ids


def said(rows: list[StoredFile], what: str) -> str:
    """Say what became of some files; what was made of them goes without saying."""
    shown = [row for row in rows if row.parent_id is None]
    if not shown:
        return f"Nothing was {what}: somebody was faster."
    return f"{shown[0].file_name} {what}." if len(shown) == 1 else f"{plural(len(shown), 'file')} {what}."
