"""A bucket that somebody else runs: listed, looked at, and signed for. There is no call here that changes anything.

Each call goes to the one address that was checked (app/core/outside.py), so that an endpoint somebody wrote down
cannot lead into the inner network, and an answer is bounded in time and size.
"""

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import unquote_plus

from app.breakers.registry import breaker
from app.core import clock, outside
from app.core.setting import current_settings
from app.storage.adapters import sigv4
from app.storage.adapters.s3_errors import CODE, MESSAGE
from app.storage.adapters.s3_http import find_bucket
from app.storage.adapters.sigv4 import Credentials
from app.storage.connections.problems import BucketNotReached
from app.storage.naming import disposition
from app.storage.providers import OTHERS

BREAKER = "connections"
TIMEOUT_S, PAGE_BYTES = 15.0, 4_000_000
GOOD, ABSENT = 200, 404
# What a browser gets is never run: it is saved.
DOWNLOAD_TYPE = "application/octet-stream"


@dataclass(frozen=True)
class Where:
    """Where a bucket is and who we are there."""

    endpoint: str
    region: str
    bucket: str
    access_key: str
    secret_key: str = field(repr=False)
    path_style: bool = True


@dataclass(frozen=True)
class Thing:
    """One object, as a list tells it."""

    key: str
    size_bytes: int
    etag: str = ""
    modified_at: datetime | None = None
    storage_class: str = ""

    @property
    def name(self) -> str:
        """The last part of its key."""
        return self.key.rpartition("/")[2] or self.key


@dataclass(frozen=True)
class Page:
    """One page of a list; `token` goes on after it, "" at the end."""

    folders: tuple[str, ...]
    things: tuple[Thing, ...]
    token: str = ""


@dataclass(frozen=True)
class Facts:
    """What is known of one object without reading it."""

    size_bytes: int
    content_type: str
    etag: str
    modified: str
    more: Mapping[str, str]


class Bucket:
    """One bucket, to look at."""

    def __init__(self, where: Where) -> None:
        self.where = where
        self._place = find_bucket(where.endpoint.rstrip("/"), where.bucket, path_style=where.path_style)
        self._who = Credentials(where.access_key, where.secret_key, where.region)
        breaker(BREAKER, OTHERS)

    def page(self, prefix: str = "", *, token: str = "", after: str = "", most: int = 100, deep: bool = False) -> Page:
        """Return one page of what is below a prefix: folders and objects, or all objects when `deep`.

        Raises:
            BucketNotReached, AddressRefused: It could not be asked, or said no.
        """
        query = {"list-type": "2", "max-keys": str(most), "prefix": prefix, "encoding-type": "url"}
        query |= {} if deep else {"delimiter": "/"}
        query |= {"continuation-token": token} if token else {"start-after": after} if after else {}
        answer = self._ask("GET", "", query)
        if answer.status != GOOD:
            raise BucketNotReached(reason=said(answer))
        return read_page(answer.body)

    def facts(self, key: str) -> Facts | None:
        """Return what is known of an object; None when there is none.

        Raises:
            BucketNotReached, AddressRefused: As above.
        """
        answer = self._ask("HEAD", key, {})
        if answer.status == ABSENT:
            return None
        if answer.status != GOOD:
            raise BucketNotReached(reason=said(answer))
        headers = {name.lower(): value for name, value in answer.headers.items()}
        more = {
            name: value for name, value in headers.items()
            if name.startswith("x-amz-meta-") or name in {"cache-control", "content-encoding", "x-amz-storage-class", "x-amz-version-id"}
        }  # fmt: skip
        return Facts(
            int(headers.get("content-length", 0)), headers.get("content-type", ""), headers.get("etag", "").strip('"'),
            headers.get("last-modified", ""), more,
        )  # fmt: skip

    def sign(self, key: str, expires_s: int) -> str:
        """Return an address that gives an object as a download for a short while."""
        query = {
            "response-content-disposition": disposition(key.rpartition("/")[2] or "object", inline=False),
            "response-content-type": DOWNLOAD_TYPE,
        }
        path = self._place.path_of(key)
        asked = sigv4.sign_query(self._who, "GET", self._place.host, path, query, {}, expires_s, clock.now())
        return f"{self._place.scheme}://{self._place.host}{path}?{asked}"

    def _ask(self, method: str, key: str, query: Mapping[str, str]) -> outside.Answer:
        place = self._place
        path = place.path_of(key) if key else (place.path or "/")
        headers = sigv4.sign_headers(self._who, method, place.host, path, query, {}, sigv4.EMPTY, clock.now())
        headers.pop("host")  # written by who calls, to the same words
        asked = f"{path}?{sigv4.encode_query(query)}" if query else path
        try:
            return outside.call(
                BREAKER, method, f"{place.scheme}://{place.host}{asked}", headers=headers, timeout_s=TIMEOUT_S,
                trusted=current_settings().private_feeds, most_bytes=PAGE_BYTES,
            )  # fmt: skip
        except outside.OutsideFailed as error:
            raise BucketNotReached(reason=f"{error}.") from None


def said(answer: outside.Answer) -> str:
    """Return why it said no, in its own words."""
    text = answer.body[:4096].decode("utf-8", "replace")
    code, message = CODE.search(text), MESSAGE.search(text)
    words = f"{code[1]}: {message[1]}" if code and message else code[1] if code else f"it answered {answer.status}"
    return words.rstrip(".") + "."


def read_page(body: bytes) -> Page:
    """Return a list as it was answered.

    Raises:
        BucketNotReached: It is no list of S3. A document that declares entities is not read at all.
    """
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise BucketNotReached(reason="Its answer is not one of S3.")
    try:
        root = ET.fromstring(body)  # noqa: S314 (no entities, see above; the size is bounded)
    except ET.ParseError:
        raise BucketNotReached(reason="Its answer is not one of S3.") from None
    space = root.tag.partition("}")[0] + "}" if root.tag.startswith("{") else ""
    if root.tag != f"{space}ListBucketResult":
        raise BucketNotReached(reason="Its answer is not a list of S3.")
    is_coded = root.findtext(f"{space}EncodingType") == "url"

    def text(node: ET.Element, name: str) -> str:
        return node.findtext(f"{space}{name}") or ""

    def key(raw: str) -> str:
        return unquote_plus(raw) if is_coded else raw

    things = [
        Thing(
            key(text(node, "Key")), int(text(node, "Size") or 0), text(node, "ETag").strip('"'),
            instant(text(node, "LastModified")), text(node, "StorageClass"),
        )
        for node in root.iter(f"{space}Contents")
    ]  # fmt: skip
    folders = [key(text(node, "Prefix")) for node in root.iter(f"{space}CommonPrefixes")]
    return Page(tuple(folders), tuple(things), text(root, "NextContinuationToken"))


def instant(text: str) -> datetime | None:
    """Return when, or None for what is no time."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
