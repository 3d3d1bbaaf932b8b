"""Secrets that have to be known in the clear later, such as another system's key: sealed before they are stored.

AES-256-GCM with a key made of SESSION_SECRET by HKDF-SHA256, one for each purpose; the purpose and the row are bound
in, so that a sealed value copied to another row, or used for something else, does not open. SESSION_SECRET_PREVIOUS
opens what was sealed before a change.
"""

import base64
import binascii
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.core.errors import Problem
from app.core.setting import current_settings

MARK = "v1."  # which way it was sealed; another way gets another mark
NONCE_BYTES, KEY_BYTES = 12, 32


class SecretUnreadable(Problem, code="secret-unreadable", status=409):
    """A kept secret cannot be read any more. SESSION_SECRET has changed without SESSION_SECRET_PREVIOUS, or the row was changed by hand; enter the secret again."""


def seal(secret: str, *, purpose: str, row: str) -> str:
    """Return a secret as it may be stored; "" stays "".

    Args:
        secret: What must not be readable in the database or a dump.
        purpose: What it is for: `connection`, `feed`.
        row: The id of the row that keeps it.
    """
    if not secret:
        return ""
    nonce = os.urandom(NONCE_BYTES)
    sealed = AESGCM(_key(current_settings().session_secret.get_secret_value(), purpose)).encrypt(
        nonce, secret.encode(), _bound(purpose, row)
    )
    return _spell(nonce + sealed)


def unseal(text: str, *, purpose: str, row: str) -> str:
    """Return a sealed secret in the clear.

    Raises:
        SecretUnreadable: It was sealed with a secret that is not set any more, for something else, or was changed.
    """
    if not text:
        return ""
    raw = _raw(text)
    for secret in _secrets():
        try:
            return (
                AESGCM(_key(secret, purpose))
                .decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], _bound(purpose, row))
                .decode()
            )
        except InvalidTag:
            continue
    raise SecretUnreadable


def is_sealed(text: str) -> bool:
    """Say whether a stored text looks sealed."""
    return text.startswith(MARK)


def _raw(text: str) -> bytes:
    body = text.removeprefix(MARK)
    try:
        raw = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise SecretUnreadable from None
    # Base64 has spare bits at its end: only the one spelling we write is read.
    if len(raw) <= NONCE_BYTES or _spell(raw) != text:
        raise SecretUnreadable
    return raw


def _spell(raw: bytes) -> str:
    return MARK + base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _secrets() -> list[str]:
    settings = current_settings()
    both = (settings.session_secret, settings.session_secret_previous)
    return [one.get_secret_value() for one in both if one is not None and one.get_secret_value()]


def _bound(purpose: str, row: str) -> bytes:
    return f"{purpose}:{row}".encode()


def _key(secret: str, purpose: str) -> bytes:
    # The salt may be public and fixed: the input has enough entropy by itself (config.py refuses a short one).
    derive = HKDF(SHA256(), KEY_BYTES, salt=b"quarterdeck sealed", info=purpose.encode())
    return derive.derive(secret.encode())
