"""Where the doctor's probes work: the provider without its breaker, and plain HTTP as somebody without our key has it."""

import contextvars
import hashlib
import io
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

import urllib3
from flask import current_app

from app.core.setting import current_settings
from app.storage.adapters.protocol import Provider, Signed, StorageError, Stored
from app.storage.adapters.s3 import S3
from app.storage.keys import PROBES

TIMEOUT = urllib3.Timeout(connect=5, read=20)
MOST_BYTES = 20 << 20
TYPE = "text/plain"


@dataclass(frozen=True)
class Reply:
    """What somebody got who asked over HTTP."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_good(self) -> bool:
        """Whether it was done."""
        return 200 <= self.status < 300  # noqa: PLR2004

    @property
    def is_refused(self) -> bool:
        """Whether it was refused by who understood it; a broken server refuses nothing."""
        return 400 <= self.status < 500  # noqa: PLR2004


@dataclass
class Bench:
    """One run of the doctor.

    Attributes:
        provider: As its settings make it.
        able: The same, as if its profile claimed everything: to see what it can do and nobody says.
        folder: Everything made here begins with it, and is deleted at the end.
        found: What probes learned for those after them.
    """

    provider: Provider
    able: Provider
    folder: str = field(default_factory=lambda: f"{PROBES}{secrets.token_hex(8)}/")
    made: set[str] = field(default_factory=set)
    found: dict[str, str] = field(default_factory=dict)
    _pool: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(timeout=TIMEOUT, retries=False))

    @property
    def s3(self) -> S3 | None:
        """The bucket's own client, where it has one."""
        return self.provider if isinstance(self.provider, S3) else None

    def key(self, name: str) -> str:
        """Return a key of this run."""
        key = self.folder + name
        self.made.add(key)
        return key

    def put(self, name: str, data: bytes, sha256: str = "", *, able: bool = False) -> Stored:
        """Store some bytes."""
        to = self.able if able else self.provider
        return to.put(self.key(name), io.BytesIO(data), size_bytes=len(data), content_type=TYPE, sha256=sha256)

    def read(self, key: str, start: int = 0, end: int | None = None) -> bytes:
        """Read an object as we do."""
        with self.provider.open(key, start=start, end=end) as pieces:
            return b"".join(pieces)

    def sign_put(self, name: str, data: bytes) -> Signed:
        """Sign an upload of exactly these bytes."""
        return self.able.sign_put(
            self.key(name),
            size_bytes=len(data),
            content_type=TYPE,
            sha256=hashlib.sha256(data).hexdigest(),
            expires_s=60,
        )

    def send(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Reply:
        """Ask over HTTP, without our key; an address of ours is answered in this process.

        Raises:
            urllib3.exceptions.HTTPError: Nobody answered.
        """
        # The length is that of the body: who lies about it is a probe of its own.
        sent = {name: value for name, value in (headers or {}).items() if name.lower() != "content-length"}
        ours = urlsplit(current_settings().base_url)
        parts = urlsplit(url)
        if not parts.netloc or parts.netloc == ours.netloc:
            return contextvars.copy_context().run(_ask_here, method, url, sent, body)
        answer = self._pool.request(
            method, url, headers=sent, body=body, redirect=False, preload_content=False, decode_content=False
        )  # fmt: skip
        try:
            return Reply(answer.status, answer.headers, answer.read(MOST_BYTES))
        finally:
            answer.close()

    def clean(self) -> None:
        """Take away all that this run made."""
        with suppress(StorageError):
            for upload in self.provider.list_multiparts(self.folder):
                self.provider.abort_multipart(upload.key, upload.upload_id)
        left = set(self.made)
        with suppress(StorageError):
            left |= {one.key for page in self.provider.list(self.folder) for one in page}
        with suppress(StorageError):
            self.provider.delete(sorted(left))


def _ask_here(method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Reply:
    parts = urlsplit(url)
    base = f"{parts.scheme}://{parts.netloc}" if parts.netloc else current_settings().base_url
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    client = current_app.test_client(use_cookies=False)
    with client.open(path, method=method, base_url=base, headers=dict(headers), data=body) as answer:
        return Reply(answer.status_code, urllib3.HTTPHeaderDict(list(answer.headers)), answer.get_data())


def bench_of(provider: Provider) -> Bench:
    """Return a bench for a provider, past its breaker: a doctor is called when it is ill."""
    raw: Provider = getattr(provider, "provider", provider)
    if not isinstance(raw, S3):
        return Bench(raw, raw)
    profile = replace(
        raw.profile, checksums="sha256", binds_put=True, conditional_put=True, conditional_complete=True,
        bulk_delete=True,
    )  # fmt: skip
    return Bench(raw, S3(raw.name, profile, raw.place))
