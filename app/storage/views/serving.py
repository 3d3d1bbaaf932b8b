"""Files themselves: for those of the company, for anybody when public, and at signed addresses."""

from typing import IO

from flask import Blueprint, Response, make_response, request
from werkzeug.http import quote_etag

from app.core.access import PUBLIC, allow
from app.core.errors import NotFound
from app.core.ids import CompanyId
from app.core.tenancy import acting_for
from app.storage.fetching import FOREVER, answer, tag_of
from app.storage.incoming import check_length, incoming, take_large_bodies
from app.storage.keys import company_of
from app.storage.models import StoredFile
from app.storage.problems import AddressExpired, WrongBytes
from app.storage.reads.files import find_file, look_for_key
from app.storage.service.direct import NOTHING, receive_part
from app.storage.service.receiving import receive
from app.storage.signing import Address, read_token
from app.storage.states import State, Visibility

bp = Blueprint("serving", __name__, url_prefix="/files")
bp.url_value_preprocessor(take_large_bodies({"serving.receive_signed"}))


@bp.get("/<string:file_id>/<string:name>")
@allow("files:read")
def show_file(file_id: str, name: str) -> Response:
    """A file of the company, shown where that is safe; `?download=1` saves it."""
    return answer(find_file(file_id), inline="download" not in request.args)


@bp.get("/public/<path:key>")
@allow(PUBLIC, session=False)
def show_public(key: str) -> Response:
    """A public file, for anybody who knows its address."""
    owner = company_of(key)
    if owner is None:
        raise NotFound
    with acting_for(owner):
        row = look_for_key(key)
        # A private file and none at all look the same.
        if row is None or row.visibility != Visibility.PUBLIC or row.state != State.READY:
            raise NotFound
        return answer(row, inline=True, cache=FOREVER, is_public=True)


@bp.get("/signed/<string:token>")
@allow(PUBLIC, session=False)
def show_signed(token: str) -> Response:
    """The file an address was signed for; one that was trashed since is not served."""
    said = read_token(token, "get")
    with acting_for(owner_of(said)):
        row = look_for_key(said.key)
        if row is None or row.state != State.READY:
            raise AddressExpired
        return answer(row, inline=said.is_inline, name=said.name)


@bp.put("/signed/<string:token>")
@allow(PUBLIC, session=False)
def receive_signed(token: str) -> Response:
    """Take the bytes an address was signed for: exactly so many, once; a part over an earlier one of its number."""
    said = read_token(token, "put", "part")
    check_length(said.size_bytes)
    with acting_for(owner_of(said)):
        row = look_for_key(said.key)
        if row is None:
            raise AddressExpired
        with incoming() as body:
            tag = take_part(row, said, body) if said.purpose == "part" else take_whole(row, said, body)
    answered = make_response("", 200)
    answered.headers["ETag"] = quote_etag(tag)
    return answered


def take_whole(row: StoredFile, said: Address, body: IO[bytes]) -> str:
    """Take a reserved file; returns its ETag."""
    if request.mimetype != said.content_type.partition(";")[0].strip().lower():
        reason = f"the address takes {said.content_type}, and {request.mimetype or 'no type'} was sent"
        raise WrongBytes(reason=reason, advice="send the headers that came with the address, exactly")
    if said.size_bytes != row.size_bytes or said.sha256 not in {row.sha256, NOTHING}:
        raise AddressExpired
    return tag_of(receive(row, body))


def take_part(row: StoredFile, said: Address, body: IO[bytes]) -> str:
    """Take one part; returns its ETag."""
    return receive_part(row, said.upload_id, said.number, body, said.size_bytes).etag


def owner_of(said: Address) -> CompanyId:
    """Return whose file a signed address is of.

    Raises:
        AddressExpired: Its key is no file's.
    """
    if said.company_id is None:
        raise AddressExpired
    return said.company_id
