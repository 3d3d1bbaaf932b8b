"""Names of blocks at Azure: `{upload}{number}`, all of one length, as Azure wants them.

An upload's id is what its blocks' names begin with, and after a dot its type, which nothing there keeps until the end.
"""

import base64
import binascii
import re
import secrets
from datetime import UTC, datetime

from app.core import clock

ABOUT = 0  # the block by which an upload without parts is found; never part of a blob
NAME = re.compile(r"([0-9a-f]{24})([0-9]{5})", re.ASCII)


def new_upload(content_type: str) -> str:
    """Return the id of an upload that begins now."""
    kind = base64.urlsafe_b64encode(content_type.encode()).decode().rstrip("=")
    return f"{secrets.token_hex(8)}{int(clock.now().timestamp()):08x}.{kind}"


def short(upload_id: str) -> str:
    """Return what the names of an upload's blocks begin with."""
    return upload_id.partition(".")[0]


def content_type(upload_id: str) -> str:
    """Return the type an upload was begun with; "" when the id does not say."""
    kind = upload_id.partition(".")[2]
    try:
        return base64.urlsafe_b64decode(kind + "=" * (-len(kind) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""


def begun_at(upload_id: str) -> datetime:
    """Return when an upload began."""
    return datetime.fromtimestamp(int(short(upload_id)[16:], 16), UTC)


def name_of(upload_id: str, number: int) -> str:
    """Return the name of a block."""
    return f"{short(upload_id)}{number:05d}"


def is_ours(name: str) -> bool:
    """Say whether a block was named here."""
    return NAME.fullmatch(name) is not None


def upload_of(name: str) -> str:
    """Return the upload of a block, without its type."""
    return name[:24]


def number_of(name: str) -> int:
    """Return the number of a block."""
    return int(name[24:])
