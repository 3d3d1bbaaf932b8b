"""The page of one file, and what people do to it there."""

from typing import Any

from flask import Response, request, url_for

from app.core import live
from app.core.access import allow
from app.core.api import parse_form
from app.core.errors import NotFound
from app.core.idempotency import once
from app.core.web import done, page
from app.storage import addresses
from app.storage.browsing.blueprint import TOPIC, bp
from app.storage.browsing.looks import FOLDERS, kind_of, look_of
from app.storage.browsing.query import ShareFile
from app.storage.browsing.reads import THUMB
from app.storage.problems import FileNotReady
from app.storage.reads.files import find_file
from app.storage.reads.variants import find_variant
from app.storage.service import opening, trash
from app.storage.service.signed import sign_file
from app.storage.states import Category

A_YEAR_S = 31_536_000


@bp.get("/<string:file_id>")
@allow("files:read")
def show_file(file_id: str) -> Response:
    """One file: what it is, where it is, and what it looks like."""
    return file_page(file_id)


def file_page(file_id: str, *, status: int = 200, **refused: Any) -> Response:  # Any: the refused form
    """Render the page, with a refused form on it if there is one."""
    state = live.state(TOPIC)
    row = find_file(file_id)
    return page(
        "storage/file.html", block="detail", status=status, live=state, file=row, look=look_of(row), kind=kind_of(row),
        folder=FOLDERS[Category(row.category)], thumb=find_variant(row.id, THUMB), preview=row.about.get("preview") or {},
        scan=row.about.get("scan"), public_url=addresses.public_url(row), **({"errors": {}, "asked": "", "shared": None} | refused),
    )  # fmt: skip


@bp.get("/<string:file_id>/thumb")
@allow("files:read")
def show_thumb(file_id: str) -> Response:
    """The small picture of a file."""
    thumb = find_variant(file_id, THUMB)
    if thumb is None:
        raise NotFound
    with opening.open_file(thumb) as pieces:
        content = b"".join(pieces)
    response = Response(content, mimetype="image/webp")
    response.headers["Cache-Control"] = f"private, max-age={A_YEAR_S}, immutable"  # its address would be another one
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


@bp.post("/<string:file_id>/trashing")
@allow("files:write")
@once
def trash_file(file_id: str) -> Response:
    """Put a file into the trash."""
    row = find_file(file_id)
    trash.trash([row.id])
    undo = url_for("files.restore_files", file=[row.id])
    return done(url_for("files.list_files"), toast=f"{row.file_name} put into the trash.", undo=undo)


@bp.post("/<string:file_id>/giving-up")
@allow("files:write")
@once
def give_up_file(file_id: str) -> Response:
    """End an upload that is not finished; what had arrived of it is deleted."""
    row = find_file(file_id)
    if not trash.give_up([row.id]):
        raise FileNotReady(state=row.state)
    return done(url_for("files.list_files"), toast=f"The upload of {row.file_name} is given up.")


@bp.post("/<string:file_id>/restoration")
@allow("files:write")
@once
def restore_file(file_id: str) -> Response:
    """Take a file back out of the trash."""
    row = find_file(file_id)
    trash.restore([row.id])
    return done(url_for("files.show_file", file_id=row.id), toast=f"{row.file_name} restored.")


@bp.post("/<string:file_id>/address")
@allow("files:write")
def share_file(file_id: str) -> Response:
    """Show an address that fetches the file without signing in, for a while; who asked is kept.

    It stands on the answer and nowhere else, so a repeated form makes another.
    """
    wanted = parse_form(ShareFile)
    signed = sign_file(file_id, expires_s=wanted.hours * 3600, inline=False)
    response = file_page(file_id, shared=signed)
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.post("/<string:file_id>/hold")
@allow("files:manage")
@once
def hold_file(file_id: str) -> Response:
    """Let nobody delete a file."""
    return change_hold(file_id, is_held=True)


@bp.post("/<string:file_id>/release")
@allow("files:manage")
@once
def release_file(file_id: str) -> Response:
    """Take a hold off."""
    return change_hold(file_id, is_held=False)


def change_hold(file_id: str, *, is_held: bool) -> Response:
    """Hold or release a file; both want a reason."""
    reason = request.form.get("reason", "").strip()[:500]
    if not reason:
        asked = "hold" if is_held else "release"
        return file_page(file_id, status=422, errors={"reason": "Say why; it is kept in the audit log."}, asked=asked)
    row = trash.hold(file_id, reason) if is_held else trash.unhold(file_id, reason)
    word = "is on legal hold" if is_held else "may be deleted again"
    return done(url_for("files.show_file", file_id=row.id), toast=f"{row.file_name} {word}.")
