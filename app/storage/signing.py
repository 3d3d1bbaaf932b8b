"""Addresses of ours that work without signing in: one file, one purpose, until one moment, exactly as they are.

A token is `{what it says}.{HMAC-SHA256 of that}`, both in URL-safe Base64. Key, purpose, name, type, length, digest
and expiry all stand under the HMAC, whose key is made of SESSION_SECRET; SESSION_SECRET_PREVIOUS still verifies.
"""

import base64
import binascii
import hmac
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256 as sha256_of
from typing import Literal
from urllib.parse import quote

from app.core import clock
from app.core.ids import CompanyId
from app.core.setting import current_settings
from app.storage.adapters.protocol import Signed
from app.storage.keys import company_of
from app.storage.problems import AddressExpired

Purpose = Literal["get", "put", "part"]
LABEL = b"signed file address"
MOST_CHARACTERS = 4096
PATH = "/files/signed/"
PUBLIC_PATH = "/files/public/"
SHORT = {
    "purpose": "p", "key": "k", "expires": "e", "name": "n", "content_type": "t", "is_inline": "i", "size_bytes": "s",
    "sha256": "h", "upload_id": "u", "number": "m",
}  # fmt: skip
LONG = {short: long for long, short in SHORT.items()}


@dataclass(frozen=True, slots=True)
class Address:
    """What a signed address says.

    Attributes:
        expires: Seconds since 1970; good before it, not at it.
        size_bytes: Of a PUT: exactly so many bytes.
        upload_id, number: Of one part of a multipart upload.
    """

    purpose: Purpose
    key: str
    expires: int
    name: str = ""
    content_type: str = ""
    is_inline: bool = False
    size_bytes: int = 0
    sha256: str = ""
    upload_id: str = ""
    number: int = 0

    @property
    def company_id(self) -> CompanyId | None:
        """Whose file it is; None when the key is no file's."""
        return company_of(self.key)


def write_token(address: Address) -> str:
    """Return an address as a token."""
    said = {SHORT[name]: value for name, value in asdict(address).items() if value}
    payload = json.dumps(said, separators=(",", ":"), sort_keys=True).encode()
    return f"{_spell(payload)}.{_spell(_tag(_secrets()[0], payload))}"


def read_token(token: str, *purposes: Purpose) -> Address:
    """Return what a token says.

    Raises:
        AddressExpired: It is over, was changed, was not made here, or is for something else.
    """
    payload, tag = _take_apart(token)
    # Every secret is tried, whichever fits: the time taken tells nothing.
    fits = [hmac.compare_digest(tag, _tag(secret, payload)) for secret in _secrets()]
    if not any(fits):
        raise AddressExpired
    address = Address(**{LONG[short]: value for short, value in json.loads(payload).items()})
    if address.purpose not in purposes or clock.now().timestamp() >= address.expires:
        raise AddressExpired
    return address


def sign(address: Address, headers: dict[str, str] | None = None) -> Signed:
    """Return the whole address, as somebody without our credentials may use it."""
    return Signed(
        url=current_settings().base_url + PATH + write_token(address),
        method="GET" if address.purpose == "get" else "PUT",
        expires_at=datetime.fromtimestamp(address.expires, UTC),
        headers=headers or {},
    )


class OurAddresses:
    """Signs for files that are fetched from us and sent to us: those on our own disk, and those that go through us."""

    def sign_get(self, key: str, *, expires_s: int, file_name: str, content_type: str, inline: bool) -> Signed:
        """Return an address that fetches one file."""
        return sign(Address("get", key, _ends(expires_s), file_name, content_type, is_inline=inline))

    def sign_put(self, key: str, *, size_bytes: int, content_type: str, sha256: str, expires_s: int) -> Signed:
        """Return an address that takes exactly these bytes, once."""
        said = Address(
            "put", key, _ends(expires_s), content_type=content_type, size_bytes=size_bytes, sha256=sha256
        )  # fmt: skip
        return sign(said, {"Content-Type": content_type})

    def sign_part(self, key: str, upload_id: str, number: int, *, size_bytes: int, expires_s: int) -> Signed:
        """Return an address that takes one part of a multipart upload."""
        return sign(
            Address("part", key, _ends(expires_s), size_bytes=size_bytes, upload_id=upload_id, number=number)
        )  # fmt: skip

    def public_url(self, key: str) -> str:
        """Return where anybody fetches a public file."""
        return current_settings().base_url + PUBLIC_PATH + quote(key)


def _ends(expires_s: int) -> int:
    return int((clock.now() + timedelta(seconds=expires_s)).timestamp())


def _secrets() -> list[bytes]:
    settings = current_settings()
    both = (settings.session_secret, settings.session_secret_previous)
    return [one.get_secret_value().encode() for one in both if one is not None and one.get_secret_value()]


def _tag(secret: bytes, payload: bytes) -> bytes:
    return hmac.digest(hmac.digest(secret, LABEL, sha256_of), payload, sha256_of)


def _spell(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _take_apart(token: str) -> tuple[bytes, bytes]:
    """Return payload and tag; only the one spelling we write is read, for Base64 has spare bits at its end."""
    first, _, second = token.partition(".")
    try:
        raw = [base64.b64decode(one + "=" * (-len(one) % 4), altchars=b"-_", validate=True) for one in (first, second)]
    except (binascii.Error, ValueError):
        raise AddressExpired from None
    if len(token) > MOST_CHARACTERS or f"{_spell(raw[0])}.{_spell(raw[1])}" != token:
        raise AddressExpired
    return raw[0], raw[1]
