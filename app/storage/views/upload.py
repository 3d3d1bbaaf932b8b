"""The page that sends files: by script to their addresses, without it as a plain form."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from flask import Blueprint, Response, request, url_for

from app.core.access import allow
from app.core.auth import company
from app.core.errors import Problem
from app.core.present import plural
from app.core.setting import current_settings
from app.core.web import CSP, done, page
from app.limits.service import limited
from app.storage import providers, routing
from app.storage.adapters.protocol import StorageError
from app.storage.api.uploads import new_file, word
from app.storage.incoming import sent_files, take_forms
from app.storage.keys import new_key
from app.storage.models import StoredFile
from app.storage.schemas import SentCategory
from app.storage.service import sending
from app.storage.service.direct import is_direct
from app.storage.states import Category, Visibility
from app.storage.types import most_bytes

bp = Blueprint("sending", __name__, url_prefix="/storage/upload")
bp.url_value_preprocessor(take_forms({"sending.send_files"}))
FOLDERS = {
    SentCategory.DOCUMENTS: ("Documents", "PDF, pictures, text, CSV, office files"),
    SentCategory.PRODUCTS: ("Products", "PNG, JPEG, GIF, WebP, AVIF"),
    SentCategory.PROFILES: ("Profiles", "PNG, JPEG, GIF, WebP, AVIF"),
    SentCategory.EXPORTS: ("Exports", "CSV, JSON, text, office files, PDF, archives"),
    SentCategory.TEMP: ("Temporary", "anything but programs"),
}
Refused = list[tuple[str, Problem]]


@bp.get("")
@allow("files:write")
def show_form() -> Response:
    """Choose or drop files, and see how each goes."""
    return send_page([])


@bp.post("")
@allow("files:write")
@limited("upload")
def send_files() -> Response:
    """Keep the files of a plain form; what is not taken is named. Sent twice, it is kept twice."""
    refused: Refused = []
    kept = []
    try:
        category = word("uploadType", SentCategory, SentCategory.DOCUMENTS)
        visibility = word("visibility", Visibility, Visibility.PRIVATE)
        found = sent_files()
    except Problem as problem:
        return send_page([("", problem)], problem.status)
    for stream, name, said, size in found:
        try:
            new = new_file(name, category, size, said=said, visibility=visibility)
            kept.append(sending.keep(new, stream))
        except Problem as problem:
            refused.append((name, problem))
    if refused:
        return send_page(refused, refused[0][1].status, kept)
    return done(url_for("files.list_files"), toast=f"{plural(len(kept), 'file')} sent.")


def send_page(refused: Refused, status: int = 200, kept: Sequence[StoredFile] = ()) -> Response:
    """Render the form, with what was not taken, and what was kept beside it."""
    sent = {
        "category": request.form.get("uploadType", SentCategory.DOCUMENTS.value),
        "visibility": request.form.get("visibility", Visibility.PRIVATE.value),
    }
    response = page(
        "storage/upload.html", status=status, refused=refused, kept=kept, sent=sent, form_bytes=current_settings().max_upload_bytes,
        categories=[(one.value, label) for one, (label, _) in FOLDERS.items()],
        taken=[(label, f"{kinds}, up to {readable(one)} each") for one, (label, kinds) in FOLDERS.items()],
    )  # fmt: skip
    response.headers["Content-Security-Policy"] = csp_for_sending()
    return response


def readable(category: SentCategory) -> str:
    """Return how large one file may be, as people write it."""
    mib = most_bytes(category.category) >> 20
    return f"{mib >> 10} GiB" if mib >= 1 << 10 else f"{mib} MiB"


def csp_for_sending() -> str:
    """Return the page's policy: scripts may also talk to the bucket, while browsers send there directly."""
    origin = bucket_origin()
    return CSP.replace("connect-src 'self'", f"connect-src 'self' {origin}") if origin else CSP


def bucket_origin() -> str:
    """Return where browsers send bytes when not to us; "" while everything goes through us."""
    try:
        provider = providers.provider(routing.writes_to())
        if not is_direct(provider):
            return ""
        signed = provider.sign_part(new_key(company().id, Category.TEMP), "origin", 1, size_bytes=1, expires_s=1)
    except (Problem, StorageError):
        return ""  # sending says what is wrong; the page opens all the same
    parts = urlsplit(signed.url)
    return f"{parts.scheme}://{parts.netloc}"
