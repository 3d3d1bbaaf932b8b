"""Page positions: opaque, signed, so that a hand-made one is refused and never reaches SQL."""

import base64
import hmac
import json
from datetime import datetime
from hashlib import sha256
from types import UnionType
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import QueryableAttribute

from app.core.errors import InvalidCursor

_TAG_BYTES = 9
Kind = type | UnionType | sa.ColumnElement[Any] | QueryableAttribute[Any]  # Any: whatever the column holds


def _tag(payload: bytes) -> bytes:
    return hmac.digest(str(current_app.secret_key).encode(), b"cursor" + payload, sha256)[:_TAG_BYTES]


def encode_cursor(*position: str | int | None) -> str:
    """Return the position after a row as text for `after=`."""
    payload = json.dumps(position, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_tag(payload) + payload).decode().rstrip("=")


def decode_cursor(text: str, *kinds: Kind) -> list[Any]:  # Any: of these kinds
    """Return the position a cursor holds.

    Args:
        text: As it was sent: ours, but perhaps of another list, whose position must not reach this one's SQL.
        *kinds: What each part is: a type, or the column whose values it is.

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
    if not isinstance(position, list) or len(position) != len(kinds):
        raise InvalidCursor
    return [_part(value, kind) for value, kind in zip(position, kinds, strict=True)]


def _part(value: Any, kind: Kind) -> Any:
    wanted = kind if isinstance(kind, type | UnionType) else kind.type.python_type
    if wanted is datetime:
        try:
            return datetime.fromisoformat(value)
        except (TypeError, ValueError):
            raise InvalidCursor from None
    if not isinstance(value, wanted):
        raise InvalidCursor
    return value
