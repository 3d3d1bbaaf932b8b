"""Random secrets and their hashes. What is random needs no slow hash: SHA-256 of 178 bits or more is enough."""

import re
import secrets
import string
import zlib
from hashlib import sha256

BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
TOKEN_PREFIX = "qd_"  # noqa: S105 (names the kind, is no secret)
TOKEN_RANDOM = 30
TOKEN_CHECK = 6
SHOWN = 8
SESSION_ID_BYTES = 32
_TOKEN = re.compile(r"qd_[0-9A-Za-z]{36}")
_SESSION_ID = re.compile(r"[A-Za-z0-9_-]{20,128}")


def hash_secret(text: str) -> bytes:
    """Return what is stored of a random secret."""
    return sha256(text.encode()).digest()


def new_session_id() -> str:
    """Return a session id for the cookie."""
    return secrets.token_urlsafe(SESSION_ID_BYTES)


def new_link_secret() -> str:
    """Return the secret part of a mailed link."""
    return secrets.token_urlsafe(SESSION_ID_BYTES)


def new_token() -> str:
    """Return an API token: qd_, 30 random characters, and a checksum, so that scanners find it without asking us."""
    body = "".join(secrets.choice(BASE62) for _ in range(TOKEN_RANDOM))
    return f"{TOKEN_PREFIX}{body}{checksum(body)}"


def checksum(body: str) -> str:
    """Return the CRC32 of a token's random part in base 62, six characters, as GitHub's tokens carry it."""
    number, digits = zlib.crc32(body.encode()), ""
    for _ in range(TOKEN_CHECK):
        number, rest = divmod(number, len(BASE62))
        digits = BASE62[rest] + digits
    return digits


def is_token(text: str) -> bool:
    """Say whether a text can be one of our tokens; a mistyped one never reaches the database."""
    if not _TOKEN.fullmatch(text):
        return False
    body = text[len(TOKEN_PREFIX) :]
    return secrets.compare_digest(checksum(body[:TOKEN_RANDOM]), body[TOKEN_RANDOM:])


def is_session_id(text: str) -> bool:
    """Say whether a cookie can be a session id."""
    return _SESSION_ID.fullmatch(text) is not None


def new_recovery_code() -> str:
    """Return a code to write down: 5-5 letters and digits without look-alikes, 49 bits."""
    letters = "23456789abcdefghjkmnpqrstuvwxyz"
    text = "".join(secrets.choice(letters) for _ in range(10))
    return f"{text[:5]}-{text[5:]}"
