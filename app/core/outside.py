"""Calls to addresses that people wrote down: checked, pinned to the address that was checked, bounded in time and size.

A name is looked up once and the call goes to that very address, so a name that answers differently a moment later
(DNS rebinding) reaches nothing inside. Redirects are not followed.
"""

import ipaddress
import socket
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import urllib3

from app.core import clock, guards
from app.core.errors import Problem

CONNECT_S = 5.0
CHUNK = 1 << 16
MOST_BYTES = 5_000_000
MAX_URL = 2000
PORTS = {"https": 443, "http": 80}
SERVER_ERROR = 500
LONGEST_WAIT_S = 86_400.0
LONG_NUMBER = 10  # digits
# An address that means another one: what stands behind it cannot be judged by it.
TRANSLATED = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("2002::/16"))


class AddressRefused(Problem, code="address-refused", status=422):
    """This address is not called. {reason}"""

    reason: str


class OutsideFailed(Exception):
    """An address could not be reached, answered too late or too much, or with an error of its own.

    Attributes:
        wait_s: For how long it asks us to stay away; None when it does not say. Not called `retry_after_s`, which a
            breaker obeys: one partner who is busy must not make everybody wait for all the others.
    """

    def __init__(self, said: str, wait_s: float | None = None) -> None:
        super().__init__(said)
        self.wait_s = wait_s


@dataclass(frozen=True)
class Target:
    """Where a call goes: the name for TLS and the Host header, and the one address it was found at."""

    scheme: str
    host: str
    port: int
    address: str
    path: str


@dataclass(frozen=True)
class Answer:
    """What came back; statuses below 500 are the caller's to judge."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def wait_s(self) -> float | None:
        """For how long the answer asks to stay away: Retry-After in seconds or as a date."""
        return read_wait(self.headers.get("Retry-After", ""))


def read_wait(text: str) -> float | None:
    """Return a Retry-After in seconds from now, a day at most; None for none."""
    text = text.strip()
    if text.isascii() and text.isdecimal() and len(text) < LONG_NUMBER:
        return min(float(text), LONGEST_WAIT_S)
    try:
        at = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max((at - clock.now()).total_seconds(), 0.0), LONGEST_WAIT_S)


def check_url(url: str, trusted: Collection[str] = ()) -> tuple[str, str, int, str]:
    """Return scheme, host, port and path of an address that may be called, without looking its name up.

    Args:
        url: What somebody wrote.
        trusted: Hosts (`host` or `host:port`) that the installation's settings allow over http and inside.

    Raises:
        AddressRefused: It is none.
    """
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise AddressRefused(reason="It cannot be read as an address.") from None
    if parts.scheme not in PORTS or not host or len(url) > MAX_URL or any(ord(one) <= ord(" ") for one in url):
        raise AddressRefused(reason="Give a whole address that begins with https://.")
    if parts.username or parts.password:
        raise AddressRefused(reason="Put no name or password into it; what is secret has a field of its own.")
    port = port or PORTS[parts.scheme]
    if parts.scheme == "http" and not is_trusted(host, port, trusted):
        raise AddressRefused(reason="It must begin with https://, so that nobody on the way reads what is secret.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return parts.scheme, host, port, path


def is_trusted(host: str, port: int, trusted: Collection[str]) -> bool:
    """Say whether the installation's settings name a host."""
    return host in trusted or f"{host}:{port}" in trusted


def find_target(url: str, trusted: Collection[str] = ()) -> Target:
    """Look a checked address up.

    Raises:
        AddressRefused: It is none, or is a private one that the settings do not name.
        OutsideFailed: The name is not known now.
    """
    scheme, host, port, path = check_url(url, trusted)
    try:
        found = [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError):  # the system's own words (`[Errno -2]`) help nobody
        raise OutsideFailed(f"There is no address of the name {host}. Look how it is spelled") from None
    if not is_trusted(host, port, trusted) and not all(map(is_public, found)):
        raise AddressRefused(reason=f"{host} is an address of an inner network. FEED_HOSTS may name it.")
    return Target(scheme, host, port, found[0], path)


def is_public(text: str) -> bool:
    """Say whether an address is on the open internet."""
    address = ipaddress.ip_address(text.partition("%")[0])
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_global and not address.is_multicast and not any(address in net for net in TRANSLATED)


def call(
    guard: str, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None,
    timeout_s: float = 20.0, trusted: Collection[str] = (), most_bytes: int = MOST_BYTES,
) -> Answer:  # fmt: skip
    """Make one call through a breaker.

    Args:
        guard: The breaker's name: `external-api`, `ai-service`.
        method: GET or POST.
        url: Checked here.
        headers: What to send.
        body: What to send.
        timeout_s: For the whole call, however slowly the answer drips.
        trusted: As `check_url`.
        most_bytes: A longer answer is an error.

    Raises:
        AddressRefused: The address may not be called.
        OutsideFailed: It did not answer, or with 500 or above; the breaker counts it.
        Problem: `circuit-open`: the breaker rests.
    """
    target = find_target(url, trusted)
    return guards.call(guard, _ask, target, method, dict(headers or {}), body, timeout_s, most_bytes)


def _ask(
    target: Target, method: str, headers: dict[str, str], body: bytes | None, timeout_s: float, most_bytes: int
) -> Answer:
    until = time.monotonic() + timeout_s
    headers = {"User-Agent": "Quarterdeck", "Accept": "application/json", **headers, "Host": _host_header(target)}
    try:
        with _pool(target, timeout_s) as pool:
            response = pool.request(
                method, target.path, body=body, headers=headers, redirect=False, retries=False, preload_content=False
            )
            try:
                found = Answer(response.status, response.headers, _read(response, until, most_bytes))
            finally:
                response.close()
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise OutsideFailed(f"{target.host} did not answer: {type(error).__name__}") from error
    if found.status >= SERVER_ERROR:
        raise OutsideFailed(f"{target.host} answered with an error of its own, {found.status}", found.wait_s)
    return found


def _pool(target: Target, timeout_s: float) -> urllib3.HTTPConnectionPool:
    timeout = urllib3.Timeout(connect=min(CONNECT_S, timeout_s), read=timeout_s)
    if target.scheme == "http":
        return urllib3.HTTPConnectionPool(target.address, target.port, timeout=timeout, maxsize=1)
    return urllib3.HTTPSConnectionPool(
        target.address, target.port, timeout=timeout, maxsize=1, server_hostname=target.host,
        assert_hostname=target.host,
    )  # fmt: skip


def _host_header(target: Target) -> str:
    host = f"[{target.host}]" if ":" in target.host else target.host
    return host if target.port == PORTS[target.scheme] else f"{host}:{target.port}"


def _read(response: urllib3.BaseHTTPResponse, until: float, most_bytes: int) -> bytes:
    """Read all of an answer, within the time and the size it may have."""
    chunks, size = [], 0
    # read1 hands out what is there: waiting for a whole chunk would let a dripping answer outlive its time.
    while chunk := response.read1(CHUNK, decode_content=True):
        size += len(chunk)
        if size > most_bytes:
            raise OutsideFailed(f"The answer is longer than {most_bytes} bytes")
        if time.monotonic() > until:
            raise OutsideFailed("The answer took too long")
        chunks.append(chunk)
    return b"".join(chunks)
