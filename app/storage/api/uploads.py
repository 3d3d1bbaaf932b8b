"""Sending files, as JSON: a form, the body itself, or addresses to send to (as a whole or in parts)."""

import hashlib
from typing import Any

from flask import Blueprint, Response, request

from app.core.api import contract, json_answer
from app.core.errors import BodyTooLarge, InvalidInput
from app.limits.service import limited
from app.storage import addresses, types
from app.storage.adapters.protocol import Signed
from app.storage.api.repeats import keep_once
from app.storage.incoming import (
    LengthNeeded,
    NoFileSent,
    OneFileOnly,
    SenderTooSlow,
    announced_bytes,
    incoming,
    sent_file,
    take_forms,
    take_large_bodies,
)
from app.storage.problems import (
    FileMissing,
    FileNotReady,
    FileTooLarge,
    ProviderFailed,
    QuotaExceeded,
    StorageAway,
    StorageFull,
    TypeNotAllowed,
    WrongBytes,
)
from app.storage.schemas import (
    FileOut,
    PartAddressesOut,
    PartAddressOut,
    PartNumbers,
    PartOut,
    PartsOut,
    Reservation,
    ReservationOut,
    SendQuery,
    SentCategory,
    UploadedOut,
    UploadOut,
)
from app.storage.service import direct, sending
from app.storage.service.complete import complete
from app.storage.service.reserve import NewFile
from app.storage.states import Visibility

api_bp = Blueprint("uploads_api", __name__, url_prefix="/api")
api_bp.url_value_preprocessor(take_large_bodies({"uploads_api.send_body"}))
api_bp.url_value_preprocessor(take_forms({"uploads_api.send_form"}))
TAKING = [FileTooLarge, QuotaExceeded, TypeNotAllowed, StorageAway, ProviderFailed]
KEEPING = [*TAKING, WrongBytes, StorageFull]
# How other clients name the folders.
ALIASES = {
    "product": "products",
    "profile": "profiles",
    "avatar": "profiles",
    "document": "documents",
    "export": "exports",
}


@api_bp.post("/upload")
@contract(
    scope="files:write", returns={201: UploadedOut}, problems=[*KEEPING, NoFileSent, OneFileOnly, BodyTooLarge, InvalidInput],
    raw=True,
)  # fmt: skip
@limited("upload")
def send_form() -> Any:  # Any: the contract's answer
    """Send a file as multipart/form-data: field `file` or `image`, `uploadType` (products, profiles, documents, exports, temp; temp unless said), `visibility`."""
    new, stream = form_file()
    said = (new.file_name, new.category, new.visibility, new.content_type, digest_of(stream))
    row, is_repeat = keep_once(said, lambda: sending.keep(new, stream))
    answered = UploadedOut(
        id=row.id, key=row.key, url=addresses.public_url(row) or addresses.file_out(row).url,
        cdn_url=addresses.cdn_url(row), size=row.size_bytes, content_type=row.content_type,
        category=row.category,
    )  # fmt: skip
    return told(json_answer(answered, 201), is_repeat=is_repeat)


def told(answered: Response, *, is_repeat: bool) -> Response:
    """Say of an answer that nothing was done for it, when an Idempotency-Key found the file."""
    if is_repeat:
        answered.headers["Idempotency-Replayed"] = "true"
    return answered


def digest_of(stream: Any) -> str:  # Any: the form's own stream
    """Return the digest of a form's file, which is read again from its beginning."""
    found = hashlib.file_digest(stream, "sha256").hexdigest()
    stream.seek(0)
    return found


def form_file() -> tuple[NewFile, Any]:  # Any: the form's own stream
    """Return the file of this request's form, checked before it goes anywhere."""
    stream, name, said, size = sent_file()
    return new_file(
        name, word("uploadType", SentCategory, SentCategory.TEMP), size, said=said,
        visibility=word("visibility", Visibility, Visibility.PRIVATE),
    ), stream  # fmt: skip


def word(field: str, words: Any, default: Any) -> Any:  # Any: an enum and one of its words
    """Return a field of the form that is one of some words.

    Raises:
        InvalidInput: It is another one.
    """
    sent = request.form.get(field, "").strip().lower()
    try:
        return words(ALIASES.get(sent, sent)) if sent else default
    except ValueError:
        known = ", ".join(words)
        raise InvalidInput(errors=[{"field": field, "message": f"must be one of {known}"}]) from None


def new_file(
    name: str, category: SentCategory, size_bytes: int, *, said: str, visibility: Visibility, sha256: str = ""
) -> NewFile:
    """Return a file to be, refused now when its name, what is said of it or its length already tell.

    Raises:
        FileTooLarge, TypeNotAllowed, WrongBytes: It is not taken.
    """
    clean = types.clean_name(name)
    expected = types.expected_type(clean, said)
    types.check_size(category.category, size_bytes)
    if expected != types.UNKNOWN:
        types.check_allowed(category.category, expected, clean, is_said=True)
    if not size_bytes:  # nothing more will be known of it
        types.check_bytes(category.category, b"", clean, said)
    return NewFile(
        clean, category.category, content_type=expected, size_bytes=size_bytes, sha256=sha256, visibility=visibility
    )


@api_bp.put("/files")
@contract(
    scope="files:write", query=SendQuery, returns={201: FileOut},
    problems=[*KEEPING, LengthNeeded, SenderTooSlow], raw=True,
)  # fmt: skip
@limited("upload")
def send_body(query: SendQuery) -> Any:  # Any: the contract's answer
    """Send a file as the body, however large: it streams through and is kept whole or not at all. Needs a Content-Length."""
    new = new_file(
        query.name, query.category, announced_bytes(query.category.category), said=request.mimetype,
        visibility=query.visibility, sha256=query.sha256,
    )  # fmt: skip
    said = (query.model_dump_json(), new.size_bytes, request.mimetype)
    with incoming() as body:
        row, is_repeat = keep_once(said, lambda: sending.keep(new, body))
    return told(json_answer(addresses.file_out(row), 201), is_repeat=is_repeat)


@api_bp.post("/files")
@contract(
    scope="files:write", body=Reservation, returns={201: ReservationOut}, problems=[*TAKING, WrongBytes], secret=True
)
@limited("upload")
def reserve(body: Reservation) -> Any:  # Any: the contract's answer
    """Reserve a file and get the address its bytes go to; a file above 64 MiB goes in parts, which survive a broken line."""
    new = new_file(
        body.name,
        body.category,
        body.size_bytes,
        said=body.content_type,
        visibility=body.visibility,
        sha256=body.sha256,
    )
    row, is_repeat = keep_once((body.model_dump_json(),), lambda: direct.begin(new, in_parts=body.in_parts))
    sent = direct.show_way(row)
    whole = signed_values(sent.whole) if sent.whole else {}
    upload = UploadOut(**whole, part_bytes=sent.part_bytes or None, parts=sent.parts or None)
    answered = ReservationOut(file=addresses.file_out(sent.file), upload=upload)
    return told(json_answer(answered, 201), is_repeat=is_repeat)


def signed_values(signed: Signed) -> dict[str, Any]:
    """Return a signed address as JSON has it."""
    return {
        "method": signed.method, "url": signed.url, "headers": dict(signed.headers), "expires_at": signed.expires_at
    }  # fmt: skip


@api_bp.get("/files/<string:file_id>/parts")
@contract(
    scope="files:write", returns={200: PartsOut}, problems=[FileMissing, FileNotReady, StorageAway, ProviderFailed]
)
def list_parts(file_id: str) -> PartsOut:
    """Return the parts that are there, so that only the others are sent again."""
    row, parts = direct.list_parts(file_id)
    return PartsOut(
        part_bytes=row.part_bytes, parts=direct.parts_of(row),
        items=[PartOut(number=part.number, size_bytes=part.size_bytes) for part in parts],
    )  # fmt: skip


@api_bp.post("/files/<string:file_id>/parts")
@contract(
    scope="files:write", body=PartNumbers, returns={200: PartAddressesOut},
    problems=[FileMissing, FileNotReady, StorageAway, ProviderFailed], secret=True,
)  # fmt: skip
def sign_parts(file_id: str, body: PartNumbers) -> PartAddressesOut:
    """Get the addresses of some parts, up to a hundred at once."""
    return PartAddressesOut(
        items=[
            PartAddressOut(number=one.number, size_bytes=one.size_bytes, **signed_values(one.address))
            for one in direct.sign_parts(file_id, body.numbers)
        ]
    )


@api_bp.post("/files/<string:file_id>/completion")
@contract(
    scope="files:write", returns={200: FileOut}, raw=True,
    problems=[FileMissing, FileNotReady, WrongBytes, TypeNotAllowed, StorageAway, ProviderFailed],
)  # fmt: skip
def finish(file_id: str) -> Any:  # Any: the contract's answer
    """Say that all bytes are sent: length, digest and kind are looked at now. Asked again, it says the same."""
    return json_answer(addresses.file_out(complete(file_id)))


@api_bp.delete("/files/<string:file_id>/parts")
@contract(scope="files:write", returns={204: None}, problems=[FileMissing, FileNotReady], raw=True)
def cancel(file_id: str) -> Any:  # Any: the contract's answer
    """Give up a file in the making, with what was sent of it."""
    direct.cancel(file_id)
    return json_answer(None, 204)
