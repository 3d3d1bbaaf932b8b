"""Our own way to S3 for what happens often: signed here, sent over a pool of urllib3.

boto3 costs two milliseconds of CPU a request, this a quarter; what is rare (multipart bookkeeping, lists) stays
with boto3. Retries as botocore's "standard": four attempts, with a wait that grows and is partly chance.
"""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3
from botocore.httpsession import get_cert_path
from urllib3.response import BaseHTTPResponse

from app.core import clock
from app.storage.adapters import s3_errors, sigv4
from app.storage.adapters.protocol import ProviderAway, Signed, StorageError
from app.storage.adapters.sigv4 import Credentials

T = TypeVar("T")
CONNECT_S, READ_S = 5.0, 30.0
ATTEMPTS, FIRST_WAIT_S, LONGEST_WAIT_S = 4, 0.2, 5.0
CONNECTIONS = 64
FAILED = 300


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back of a request whose body was read.

    Attributes:
        attempts: How often it was sent: an earlier one may have been done without our hearing of it.
    """

    headers: Mapping[str, str]
    body: bytes
    attempts: int


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where a bucket is: `path` is "" when the bucket is part of the host."""

    scheme: str
    host: str
    path: str

    def path_of(self, key: str) -> str:
        """Return the encoded path of an object."""
        return sigv4.encode_path(f"{self.path}/{key}")


def find_bucket(endpoint: str, bucket: str, *, path_style: bool) -> Bucket:
    """Return where a bucket is at an endpoint: a dot in its name would break the certificate of its own host."""
    parts = urlsplit(endpoint)
    above = parts.path.rstrip("/")
    if path_style or "." in bucket:
        return Bucket(parts.scheme, parts.netloc, f"{above}/{bucket}")
    return Bucket(parts.scheme, f"{bucket}.{parts.netloc}", above)


class Http:
    """Requests for one bucket. Safe to use from many threads and greenlets.

    Attributes:
        bucket: As we reach it. `public`: as a browser does.
    """

    def __init__(self, bucket: Bucket, public: Bucket, credentials: Callable[[], Credentials]) -> None:
        self.bucket, self.public = bucket, public
        self._credentials = credentials
        self._pool = make_pool(bucket.scheme, bucket.host)

    def send(
        self,
        method: str,
        key: str,
        *,
        body: bytes = b"",
        payload: str = sigv4.EMPTY,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request and read the answer.

        Raises:
            StorageError: It failed, after all attempts; `error.attempts` says how many there were.
        """

        def once() -> tuple[Mapping[str, str], bytes]:
            found = self.begin(method, key, body=body, payload=payload, headers=headers, query=query)
            with _returned(found):
                return found.headers, found.data

        (answered, data), attempts = _try(key, once)
        return Answer(answered, data, attempts)

    def begin_read(self, key: str, headers: Mapping[str, str]) -> BaseHTTPResponse:
        """Ask for an object, again when nothing came; the body is still to be read, and the answer to be closed.

        Raises:
            StorageError: It failed, after all attempts.
        """
        return _try(key, lambda: self.begin("GET", key, headers=headers))[0]

    def begin(
        self,
        method: str,
        key: str,
        *,
        body: bytes = b"",
        payload: str = sigv4.EMPTY,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> BaseHTTPResponse:
        """Send a request once and return the answer with its body still to be read.

        Raises:
            StorageError: The answer says so.
            urllib3.exceptions.HTTPError: There was none.
        """
        path = self.bucket.path_of(key)
        signed = sigv4.sign_headers(
            self._credentials(), method, self.bucket.host, path, query or {}, headers or {}, payload, clock.now()
        )
        asked = f"{path}?{sigv4.encode_query(query)}" if query else path
        found = self._pool.request(
            method, f"{self.bucket.scheme}://{self.bucket.host}{asked}", body=body or None, headers=signed,
            preload_content=False, redirect=False, decode_content=False,
        )  # fmt: skip
        if found.status < FAILED:
            return found
        with _returned(found):
            raise s3_errors.of_answer(found.status, found.read(65_536), found.headers, key)

    def sign(
        self, method: str, key: str, *, expires_s: int, headers: Mapping[str, str], query: Mapping[str, str]
    ) -> Signed:
        """Return an address at the public endpoint."""
        now: datetime = clock.now()
        path = self.public.path_of(key)
        asked = sigv4.sign_query(
            self._credentials(), method, self.public.host, path, query,
            {name.lower(): value for name, value in headers.items()}, expires_s, now,
        )  # fmt: skip
        until = datetime.fromtimestamp(int(now.timestamp()) + expires_s, now.tzinfo)
        return Signed(f"{self.public.scheme}://{self.public.host}{path}?{asked}", method, until, dict(headers))


class _returned:  # noqa: N801 (reads as a word after `with`)
    """Give a connection back to its pool: read to the end, or closed."""

    def __init__(self, answer: BaseHTTPResponse) -> None:
        self._answer = answer

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            self._answer.drain_conn()
        finally:
            self._answer.release_conn()


def make_pool(scheme: str, host: str) -> urllib3.PoolManager:
    """Return a pool with our timeouts, through the proxy of the environment where there is one."""
    timeout = urllib3.Timeout(connect=CONNECT_S, read=READ_S)
    proxy = getproxies().get(scheme)
    if proxy and not proxy_bypass(host.partition(":")[0]):
        return urllib3.ProxyManager(
            proxy, maxsize=CONNECTIONS, timeout=timeout, retries=False, ca_certs=get_cert_path(verify=True)
        )
    return urllib3.PoolManager(maxsize=CONNECTIONS, timeout=timeout, retries=False, ca_certs=get_cert_path(verify=True))


def _try(key: str, once: Callable[[], T]) -> tuple[T, int]:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return once(), attempt
        except urllib3.exceptions.HTTPError as error:
            failed = s3_errors.of_connection(error, key)
        except StorageError as error:
            failed = error
        failed.attempts = attempt
        if not isinstance(failed, ProviderAway) or attempt == ATTEMPTS:
            raise failed
        time.sleep(_wait_s(attempt, failed.retry_after_s))
    raise AssertionError("the last attempt raises")


def _wait_s(attempt: int, asked_s: float | None) -> float:
    wait = FIRST_WAIT_S * 2.0 ** (attempt - 1) * (0.5 + random.random() / 2)  # noqa: S311 (no secret)
    return min(LONGEST_WAIT_S, max(wait, asked_s or 0.0))
