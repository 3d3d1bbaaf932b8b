"""Page positions: opaque, signed, so that a hand-made one is refused and never reaches SQL."""

import base64
import hmac
import json
from hashlib import sha256
from typing import Any

from flask import current_app

from app.core.errors import InvalidCursor

_TAG_BYTES = 9


def _tag(payload: bytes) -> bytes:
    return hmac.digest(str(current_app.secret_key).encode(), b"cursor" + payload, sha256)[:_TAG_BYTES]


def encode_cursor(*position: str | int | None) -> str:
    """Return the position after a row as text for `after=`."""
    payload = json.dumps(position, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_tag(payload) + payload).decode().rstrip("=")


def decode_cursor(text: str, *, parts: int) -> list[Any]:  # Any: the caller knows the column types
    """Return the position a cursor holds.

    Raises:
        InvalidCursor: It was not made here, or for a list with other columns.
    """
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        tag, payload = raw[:_TAG_BYTES], raw[_TAG_BYTES:]
        if not hmac.compare_digest(tag, _tag(payload)):
            raise InvalidCursor
        position = json.loads(payload)
    except ValueError:
        raise InvalidCursor from None
    if not isinstance(position, list) or len(position) != parts:
        raise InvalidCursor
    return position
