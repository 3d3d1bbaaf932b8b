"""Signature version 4 for S3, in headers and in addresses: four HMACs a day and one a request.

The key of a day is kept, so signing costs microseconds where the SDK's machinery costs a millisecond.
The rules: AWS General Reference, "Authenticating Requests (AWS Signature Version 4)".
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import quote

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"
EMPTY = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who signs, and where it counts."""

    access_key: str
    secret_key: str = field(repr=False)
    region: str
    token: str = field(default="", repr=False)


def sign_headers(
    who: Credentials,
    method: str,
    host: str,
    path: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    payload: str,
    now: datetime,
) -> dict[str, str]:
    """Return the headers of a signed request, those given included.

    Args:
        path: Already encoded, as it will be sent.
        headers: Lower-case names; all of them are signed.
        payload: SHA-256 of the body in hex, or UNSIGNED.
    """
    stamp = _stamp(now)
    signed = {**headers, "host": host, "x-amz-content-sha256": payload, "x-amz-date": stamp}
    if who.token:
        signed["x-amz-security-token"] = who.token
    names, signature = _sign(who, method, path, encode_query(query), signed, payload, stamp)
    signed["authorization"] = (
        f"{ALGORITHM} Credential={who.access_key}/{_scope(who, stamp)}, SignedHeaders={names}, Signature={signature}"
    )
    return signed


def sign_query(
    who: Credentials,
    method: str,
    host: str,
    path: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    expires_s: int,
    now: datetime,
) -> str:
    """Return the query of a signed address; who uses it must send exactly `headers` (lower-case names)."""
    stamp = _stamp(now)
    signed = {**headers, "host": host}
    asked = {
        **query,
        "X-Amz-Algorithm": ALGORITHM,
        "X-Amz-Credential": f"{who.access_key}/{_scope(who, stamp)}",
        "X-Amz-Date": stamp,
        "X-Amz-Expires": str(expires_s),
        "X-Amz-SignedHeaders": ";".join(sorted(signed)),
    }
    if who.token:
        asked["X-Amz-Security-Token"] = who.token
    encoded = encode_query(asked)
    _, signature = _sign(who, method, path, encoded, signed, UNSIGNED, stamp)
    return f"{encoded}&X-Amz-Signature={signature}"


def encode_path(path: str) -> str:
    """Return a path as S3 signs it: everything but unreserved characters and slashes in percent codes."""
    return quote(path, safe="/-_.~")


def encode_query(query: Mapping[str, str]) -> str:
    """Return a query in canonical form."""
    pairs = sorted((quote(name, safe="-_.~"), quote(value, safe="-_.~")) for name, value in query.items())
    return "&".join(f"{name}={value}" for name, value in pairs)


def _sign(
    who: Credentials, method: str, path: str, query: str, headers: Mapping[str, str], payload: str, stamp: str
) -> tuple[str, str]:
    names = sorted(headers)
    lines = "".join(f"{name}:{' '.join(headers[name].split())}\n" for name in names)
    signed_names = ";".join(names)
    request = f"{method}\n{path}\n{query}\n{lines}\n{signed_names}\n{payload}"
    digest = hashlib.sha256(request.encode()).hexdigest()
    text = f"{ALGORITHM}\n{stamp}\n{_scope(who, stamp)}\n{digest}"
    key = _day_key(who.secret_key, stamp[:8], who.region)
    return signed_names, hmac.digest(key, text.encode(), "sha256").hex()


@lru_cache(maxsize=64)
def _day_key(secret_key: str, day: str, region: str) -> bytes:
    key = hmac.digest(f"AWS4{secret_key}".encode(), day.encode(), "sha256")
    for part in (region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def _scope(who: Credentials, stamp: str) -> str:
    return f"{stamp[:8]}/{who.region}/s3/aws4_request"


def _stamp(now: datetime) -> str:
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
