"""Probes of signed addresses: good for exactly what was signed, for so long, for nothing else."""

import threading
import time
from urllib.parse import urlsplit, urlunsplit

from app.storage.adapters.protocol import NotOffered
from app.storage.care.bench import Bench, Reply
from app.storage.care.probe import Bad, Skip, Warn, expect, probe
from app.storage.care.probes_objects import BODY, OTHER
from app.storage.problems import AddressExpired
from app.storage.signing import Purpose, read_token

NOT_MODIFIED = 304
SHORT_S, ENOUGH_S = 1, 2.2
ORIGIN = "https://quarterdeck.example"


def signed_get(bench: Bench, expires_s: int = 60) -> str:
    """Return an address of the first object."""
    signed = bench.provider.sign_get(
        bench.key("first"), expires_s=expires_s, file_name="probe ü.txt", content_type="text/plain"
    )
    return signed.url


def must_be_elsewhere(bench: Bench) -> None:
    """Pass over what only a provider of its own does.

    Raises:
        Skip: Addresses are ours here: they serve files that have a record, and what is probed has none.
    """
    if is_ours(bench):
        raise Skip("addresses are ours and serve what has a record; probes have none")


def is_ours(bench: Bench) -> bool:
    """Say whether addresses are ours. Asked over HTTP all are refused there, right ones too: no probe has a record."""
    return bench.provider.profile.kind == "local"


def passes(url: str, *purposes: Purpose) -> bool:
    """Say whether our own check of addresses lets one through: the one that every request to them meets first."""
    try:
        read_token(urlsplit(url).path.rpartition("/")[2], *purposes)
    except AddressExpired:
        return False
    return True


def stopped(url: str, *purposes: Purpose, right: str) -> str:
    """Return how our check stopped a wrong address, where it lets a right one through.

    Raises:
        Bad: It did not, or stops the right one too.
    """
    expect(passes(right, "get"), "our check stops right addresses too")
    expect(not passes(url, *purposes), "our check lets it through")
    return "our check of addresses stops it, and lets a right one through"


def other_path(url: str, before: str, after: str) -> str:
    """Return an address with a part of its path or token changed."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=parts.path.replace(before, after)))


def tampered(url: str) -> str:
    """Return an address with one character of its signature changed."""
    last = url[-5]
    return f"{url[:-5]}{'0' if last != '0' else '1'}{url[-4:]}"


@probe("sign-get", "A signed address gives the object, as a download under its name")
def fetch_signed(bench: Bench) -> str:
    """GET without our key."""
    bench.found["short"] = signed_get(bench, SHORT_S)
    bench.found["short_at"] = str(time.monotonic())
    must_be_elsewhere(bench)
    reply = bench.send("GET", signed_get(bench))
    expect(reply.is_good and reply.body == BODY, f"it answered {reply.status}")
    said = reply.headers.get("Content-Disposition", "")
    expect(said.startswith("attachment") and "probe" in said, f"it is not sent as a download: {said[:60]!r}")
    return "given as a download"


@probe("sign-get-range", "Parts of it can be fetched, for players and resumed downloads")
def fetch_range(bench: Bench) -> str:
    """Range on a signed address."""
    must_be_elsewhere(bench)
    reply = bench.send("GET", signed_get(bench), headers={"Range": "bytes=5-9"})
    expect(reply.status == 206 and reply.body == BODY[5:10], f"it answered {reply.status}")  # noqa: PLR2004
    return "206 with the right bytes"


@probe("not-modified", "Who has it already is told so (304)")
def fetch_again(bench: Bench) -> str:
    """If-None-Match on a read."""
    must_be_elsewhere(bench)
    url = signed_get(bench)
    etag = bench.send("GET", url).headers.get("ETag", "")
    reply = bench.send("GET", url, headers={"If-None-Match": etag})
    if not etag or reply.status != NOT_MODIFIED:
        raise Warn(f"It answered {reply.status}: what a browser has is sent again")
    return "304"


@probe("sign-get-tampered", "A changed signature is refused")
def fetch_tampered(bench: Bench) -> str:
    """Somebody guesses."""
    url = signed_get(bench)
    if is_ours(bench):
        return stopped(tampered(url), "get", right=url)
    return refused(bench.send("GET", tampered(url)))


@probe("sign-get-other-key", "An address of one object is not good for another")
def fetch_other(bench: Bench) -> str:
    """The key is signed."""
    url = signed_get(bench)
    other = other_path(url, "/first", "/copied")
    if other == url:
        raise Skip("the key is inside the signed token")
    return refused(bench.send("GET", other))


@probe("sign-get-other-method", "An address to read is not good for writing or deleting")
def write_with_get(bench: Bench) -> str:
    """The method is signed."""
    url = signed_get(bench)
    if is_ours(bench):
        return stopped(url, "put", "part", right=url)
    for method, body in (("PUT", OTHER), ("DELETE", None)):
        reply = bench.send(method, url, body=body)
        expect(not reply.is_good, f"{method} was done with it")
    expect(bench.read(bench.key("first")) == BODY, "the object was changed with it")
    return "PUT and DELETE refused"


@probe("sign-get-expired", "An address that has expired is refused")
def fetch_late(bench: Bench) -> str:
    """Signed for a second, asked after two."""
    url, at = bench.found.get("short"), float(bench.found.get("short_at", 0))
    if not url:
        raise Skip("no address could be signed")
    threading.Event().wait(max(0.0, at + ENOUGH_S - time.monotonic()))
    if is_ours(bench):
        return stopped(url, "get", right=signed_get(bench))
    reply = bench.send("GET", url)
    expect(not reply.is_good, "it still works after its time")
    return f"{reply.status} after its time"


@probe("unsigned", "Without a signature nothing is given: the object is private")
def fetch_unsigned(bench: Bench) -> str:
    """Public access."""
    url = signed_get(bench)
    if is_ours(bench):
        return stopped(f"{url.rpartition('/')[0]}/none", "get", right=url)
    reply = bench.send("GET", urlunsplit(urlsplit(url)._replace(query="")))
    if reply.is_good:
        raise Bad("Anybody who knows the address reads it: the bucket is public")
    return refused(reply)


@probe("sign-put", "A browser can store an object with a signed address", "binds_put")
def put_signed(bench: Bench) -> str:
    """The right bytes."""
    reply = upload(bench, "direct", BODY, BODY)
    expect(reply.is_good, f"it answered {reply.status}: {reply.body[:120]!r}")
    expect(bench.read(bench.key("direct")) == BODY, "other bytes are there")
    return "stored"


@probe("sign-put-bytes", "Other bytes of the same length are refused", "binds_put")
def put_other_bytes(bench: Bench) -> str:
    """The digest is signed."""
    return unkept(bench, "direct-bytes", upload(bench, "direct-bytes", BODY, OTHER))


@probe("sign-put-length", "More bytes than were said are refused", "binds_put")
def put_longer(bench: Bench) -> str:
    """The length is signed."""
    return unkept(bench, "direct-long", upload(bench, "direct-long", BODY, BODY + b"more"))


@probe("sign-put-type", "Another type than was said is refused", "binds_put")
def put_other_type(bench: Bench) -> str:
    """The type is signed."""
    reply = upload(bench, "direct-type", BODY, BODY, {"Content-Type": "text/html"})
    return unkept(bench, "direct-type", reply)


@probe("sign-put-replay", "The same address does not store twice", "binds_put")
def put_twice(bench: Bench) -> str:
    """If-None-Match is signed."""
    first, second = (upload(bench, "direct-twice", BODY, BODY) for _ in range(2))
    expect(first.is_good, f"the first answered {first.status}")
    expect(not second.is_good, "the second was written over the first")
    return f"the second is refused, {second.status}"


@probe("sign-part", "An address of one part takes exactly that part")
def put_part_signed(bench: Bench) -> str:
    """For files too large for one request."""
    must_be_elsewhere(bench)
    key = bench.key("signed-parts")
    upload_id = bench.provider.begin_multipart(key, "text/plain")
    try:
        signed = bench.provider.sign_part(key, upload_id, 1, size_bytes=len(BODY), expires_s=60)
        longer = bench.send("PUT", signed.url, headers=signed.headers, body=BODY + b"more")
        right = bench.send("PUT", signed.url, headers=signed.headers, body=BODY)
        expect(right.is_good, f"it answered {right.status}: {right.body[:120]!r}")
        parts = bench.provider.list_parts(key, upload_id)
        expect([one.size_bytes for one in parts] == [len(BODY)], "another part is there")
    finally:
        bench.provider.abort_multipart(key, upload_id)
    if longer.is_good:
        raise Warn("A longer part is taken; the file's length is looked at when it is put together")
    return "the right part taken, a longer one refused"


@probe("cors", "Browsers may send files from our pages (CORS)")
def preflight(bench: Bench) -> str:
    """What a browser asks before it sends."""
    if is_ours(bench):
        raise Skip("files go to our own address")
    try:
        signed = bench.sign_put("preflight", BODY)
    except NotOffered as error:
        raise Skip(str(error)) from None
    headers = {
        "Origin": ORIGIN, "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": ",".join(name.lower() for name in signed.headers if name != "Content-Length"),
    }  # fmt: skip
    reply = bench.send("OPTIONS", signed.url, headers=headers)
    allowed = reply.headers.get("Access-Control-Allow-Origin", "")
    if not reply.is_good or not allowed:
        raise Warn(
            "The bucket has no CORS rule, so browsers cannot send to it; uploads go through us. flask storage policy prints the rule"
        )
    if allowed == "*":
        return "any page may; a signed address is needed all the same"
    return f"allowed for {allowed[:60]}"


def upload(bench: Bench, name: str, said: bytes, sent: bytes, headers: dict[str, str] | None = None) -> Reply:
    """Sign for some bytes and send others."""
    must_be_elsewhere(bench)
    try:
        signed = bench.sign_put(name, said)
    except NotOffered as error:
        raise Skip(str(error)) from None
    return bench.send(signed.method, signed.url, headers={**signed.headers, **(headers or {})}, body=sent)


def refused(reply: Reply) -> str:
    """Return how it was refused.

    Raises:
        Bad: It was not.
    """
    expect(reply.is_refused, f"it answered {reply.status}" + (" and gave it" if reply.is_good else ""))
    return f"refused, {reply.status}"


def unkept(bench: Bench, name: str, reply: Reply) -> str:
    """Return how an upload was refused; nothing of it may be there.

    Raises:
        Bad: It was taken.
    """
    expect(not reply.is_good, "it was taken")
    there = [one.key for page in bench.provider.list(bench.folder + name) for one in page]
    expect(not there, f"it was refused with {reply.status}, and kept all the same")
    return f"refused, {reply.status}"
