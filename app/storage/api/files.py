"""Files as JSON: list them, look at one, fetch it, sign an address, trash and restore it."""

from flask import Blueprint, Response

from app.core.api import contract
from app.core.errors import InvalidCursor
from app.storage import addresses
from app.storage.fetching import RangeNotThere, answer
from app.storage.problems import FileHeld, FileMissing, FileNotReady, ProviderFailed, StorageAway
from app.storage.reads.files import find_file
from app.storage.reads.lists import list_files
from app.storage.schemas import FetchQuery, FileOut, FilesOut, FilesQuery, SignedUrlIn, SignedUrlOut
from app.storage.service import trash
from app.storage.service.signed import sign_file
from app.storage.states import State

api_bp = Blueprint("files_api", __name__, url_prefix="/api/files")
FETCHING = [FileMissing, FileNotReady, StorageAway, ProviderFailed]


@api_bp.get("")
@contract(scope="files:read", query=FilesQuery, returns={200: FilesOut}, problems=[InvalidCursor])
def index(query: FilesQuery) -> FilesOut:
    """List files, newest first; what was made of a file, such as a thumbnail, is not listed."""
    rows, cursor = list_files(
        limit=query.limit, after=query.after, category=query.category or "", state=query.state, subject=query.subject
    )
    return FilesOut(items=[addresses.file_out(row) for row in rows], next_cursor=cursor)


@api_bp.get("/<string:file_id>")
@contract(scope="files:read", returns={200: FileOut}, problems=[FileMissing])
def show(file_id: str) -> FileOut:
    """Return one file, whatever its state."""
    return addresses.file_out(find_file(file_id))


@api_bp.get("/<string:file_id>/content")
@contract(
    scope="files:read", query=FetchQuery, returns={200: None, 206: None, 304: None},
    problems=[*FETCHING, RangeNotThere], raw=True,
)  # fmt: skip
def content(file_id: str, query: FetchQuery) -> Response:
    """Fetch the bytes: one range of them, or nothing when they have not changed (ETag is the SHA-256)."""
    return answer(find_file(file_id), inline=query.inline)


@api_bp.post("/<string:file_id>/signed-url")
@contract(scope="files:write", body=SignedUrlIn, returns={200: SignedUrlOut}, problems=FETCHING, secret=True)
def sign(file_id: str, body: SignedUrlIn) -> SignedUrlOut:
    """Return an address that fetches the file without signing in, until it expires. Who asked is kept."""
    signed = sign_file(file_id, expires_s=body.expires_s, inline=body.inline)
    return SignedUrlOut(url=signed.url, expires_at=signed.expires_at)


@api_bp.delete("/<string:file_id>")
@contract(scope="files:write", returns={200: FileOut}, problems=[FileMissing, FileNotReady, FileHeld])
def remove(file_id: str) -> FileOut:
    """Put a file into the trash, from where it can be restored for a while; an upload is given up. Again, it changes nothing."""
    row = find_file(file_id)
    if row.state in {State.UPLOADED, State.SCANNING}:
        raise FileNotReady(state=row.state)
    given_up = trash.give_up([row.id])
    if not given_up:
        trash.trash([row.id])
    return addresses.file_out(given_up[0] if given_up else find_file(file_id))


@api_bp.post("/<string:file_id>/restoration")
@contract(scope="files:write", returns={200: FileOut}, problems=[FileMissing, FileNotReady])
def restore(file_id: str) -> FileOut:
    """Take a file back out of the trash; doing it again changes nothing."""
    row = find_file(file_id)
    trash.restore([row.id])
    return addresses.file_out(find_file(file_id))
