"""Probes of single objects: written whole, read back alike, never over another, found, copied, deleted."""

import hashlib
import io
import time

from app.storage.adapters.protocol import ObjectExists, ObjectMissing, StorageError, WrongBytes
from app.storage.care.bench import TYPE, Bench
from app.storage.care.probe import Bad, Warn, expect, probe

BODY = b"Quarterdeck probes this place. " * 40
OTHER = BODY[::-1]
PART = 5 << 20  # the smallest part but the last that S3 takes
ROUNDS = 5


@probe("put", "An object can be stored")
def store(bench: Bench) -> str:
    """Store one object: all others rest on it."""
    stored = bench.put("first", BODY, hashlib.sha256(BODY).hexdigest())
    expect(stored.size_bytes == len(BODY), f"{stored.size_bytes} bytes were acknowledged of {len(BODY)}")
    return f"{len(BODY):,} bytes stored"


@probe("stat", "Length, and when it was stored, are told without reading")
def look(bench: Bench) -> str:
    """HEAD."""
    found = bench.provider.stat(bench.key("first"))
    expect(found.size_bytes == len(BODY), f"it says {found.size_bytes} bytes, {len(BODY)} were stored")
    return f"etag {found.etag[:16]}" + (", digest told" if found.sha256 else "")


@probe("same-bytes", "What is read is what was stored, without a checksum trailer in it")
def read_back(bench: Bench) -> str:
    """A server that does not know chunked bodies keeps their frame inside the object."""
    found = bench.read(bench.key("first"))
    if b"x-amz-checksum" in found or b"x-amz-trailer" in found:
        bench.found["refuse"] = "it keeps the checksum trailer inside the object"
        raise Bad("The checksum trailer is stored inside the object: every file here would be damaged. Do not use it.")
    if found != BODY:
        bench.found["refuse"] = "it gives back other bytes than were stored"
        raise Bad(f"{len(found)} bytes came back that are not those stored. Do not use it.")
    return f"{len(found):,} bytes alike"


@probe("range", "A part of an object can be read")
def read_range(bench: Bench) -> str:
    """Range."""
    expect(bench.read(bench.key("first"), 11, 20) == BODY[11:20], "another part came back than was asked for")
    expect(bench.read(bench.key("first"), len(BODY) - 3) == BODY[-3:], "the end came back wrong")
    return "the middle and the end are right"


@probe("missing", "What is not there is said not to be there")
def miss(bench: Bench) -> str:
    """404, not 403: else nothing that is lost can be told from what is forbidden."""
    for ask in (bench.provider.stat, bench.read):
        try:
            ask(bench.key("never"))
        except ObjectMissing:
            continue
        except StorageError as error:
            raise Bad(f"It is answered with {error}; the right to list the bucket is missing") from None
        raise Bad("An object was found that was never stored")
    return "answered as missing"


@probe("no-overwrite", "Storing never writes over what is there (If-None-Match)", "conditional_put")
def store_again(bench: Bench) -> str:
    """412."""
    bench.put("once", BODY)
    try:
        bench.put("once", OTHER, able=True)
    except ObjectExists:
        expect(bench.read(bench.key("once")) == BODY, "it was refused, and written over all the same")
        return "refused, the first one is intact"
    raise Bad("It was written over")


@probe("bad-digest", "Bytes that are not what was said are refused by the provider", "checksums")
def store_wrong(bench: Bench) -> str:
    """Its own check, asked for past ours."""
    if bench.s3 is None:
        try:
            bench.put("wrong", BODY, hashlib.sha256(OTHER).hexdigest())
        except WrongBytes:
            return "refused while writing"
        raise Bad("They were kept")
    http = bench.s3.http
    digest = bench.able.checks(OTHER, hashlib.sha256(OTHER).hexdigest())  # type: ignore[attr-defined]  # an S3
    headers = {"content-type": TYPE, **digest}
    try:
        http.send("PUT", bench.key("wrong"), body=BODY, payload=hashlib.sha256(BODY).hexdigest(), headers=headers)
    except WrongBytes:
        return "refused"
    except StorageError as error:
        return f"refused: {error}"
    raise Bad("They were kept: the provider does not compare digests")


@probe("md5-etag", "The etag of a single put is its MD5", "etag_is_md5")
def read_etag(bench: Bench) -> str:
    """Tells whether an object changed, nothing more."""
    etag = bench.provider.stat(bench.key("first")).etag
    expect(etag == hashlib.md5(BODY, usedforsecurity=False).hexdigest(), f"it is {etag[:40]}")
    return "it is"


@probe("copy", "An object is copied inside the provider")
def copy(bench: Bench) -> str:
    """What setting aside needs."""
    bench.provider.copy(bench.key("first"), bench.key("copied"))
    expect(bench.read(bench.key("copied")) == BODY, "the copy differs")
    try:
        bench.provider.copy(bench.key("first"), bench.key("copied"))
    except ObjectExists:
        return "alike, and never over another"
    raise Bad("a second copy was written over the first")


@probe("list-order", "Objects are listed in the order of their keys")
def list_order(bench: Bench) -> str:
    """What comparing rows with objects rests on."""
    names = ["list/b", "list/a", "list/a-1", "list/aa/x", "list/B"]
    for name in names:
        bench.put(name, b"x")
    keys = [one.key for page in bench.provider.list(bench.folder + "list/") for one in page]
    expect(keys == sorted(bench.folder + name for name in names), f"listed as {', '.join(keys)[:200]}")
    return f"{len(keys)} in order, seen at once"


@probe("list-paging", "A list goes on after a key")
def list_paging(bench: Bench) -> str:
    """StartAfter."""
    prefix = bench.folder + "list/"
    keys = [one.key for page in bench.provider.list(prefix, after=prefix + "a-1") for one in page]
    expect(keys == [prefix + "aa/x", prefix + "b"], f"after a-1 came {', '.join(keys)[:200] or 'nothing'}")
    return "goes on after the key it was given"


@probe("delete", "What is deleted is gone, and deleting again is no mistake")
def delete(bench: Bench) -> str:
    """Delete."""
    keys = [bench.folder + name for name in ("list/a", "list/b", "list/never")]
    bench.provider.delete(keys)
    bench.provider.delete(keys[:1])
    left = [one.key for page in bench.provider.list(bench.folder + "list/") for one in page]
    expect(not set(keys) & set(left), "it is still listed")
    return "gone at once"


@probe("bulk-delete", "Many objects are deleted in one request", "bulk_delete")
def delete_many(bench: Bench) -> str:
    """DeleteObjects."""
    names = [f"bulk/{number}" for number in range(3)]
    for name in names:
        bench.put(name, b"x")
    bench.able.delete([bench.folder + name for name in names])
    left = [one.key for page in bench.provider.list(bench.folder + "bulk/") for one in page]
    expect(not left, f"{len(left)} of 3 are left")
    return "3 in one"


@probe("multipart", "A large file is stored in parts, and what is there can be listed")
def store_parts(bench: Bench) -> str:
    """Two parts."""
    key = bench.key("parts")
    upload = bench.provider.begin_multipart(key, TYPE)
    for number, piece in ((2, b"end"), (1, b"a" * PART)):
        bench.provider.put_part(key, upload, number, io.BytesIO(piece), size_bytes=len(piece))
    parts = bench.provider.list_parts(key, upload)
    expect([(one.number, one.size_bytes) for one in parts] == [(1, PART), (2, 3)], f"{len(parts)} parts are listed")
    bench.provider.complete_multipart(key, upload, parts)
    expect(bench.read(key, PART - 2) == b"aaend", "the parts were not put together as they were sent")
    return "sent out of order, put together in order"


@probe("part-again", "A part that is sent again replaces the one before")
def store_part_again(bench: Bench) -> str:
    """What resuming an upload rests on."""
    key = bench.key("again")
    upload = bench.provider.begin_multipart(key, TYPE)
    for piece in (b"first", b"second"):
        part = bench.provider.put_part(key, upload, 1, io.BytesIO(piece), size_bytes=len(piece))
    listed = bench.provider.list_parts(key, upload)
    bench.provider.complete_multipart(key, upload, [part])
    found = bench.read(key)
    expect(found == b"second", f"it became {found[:20]!r}")
    if len(listed) != 1:
        raise Warn(f"It lists {len(listed)} parts of one number; the newest one counts")
    return "replaced"


@probe("multipart-no-overwrite", "Putting parts together never writes over what is there", "conditional_complete")
def complete_again(bench: Bench) -> str:
    """If-None-Match on completion."""
    bench.put("once-in-parts", BODY)
    key = bench.key("once-in-parts")
    upload = bench.able.begin_multipart(key, TYPE)
    try:
        part = bench.able.put_part(key, upload, 1, io.BytesIO(OTHER), size_bytes=len(OTHER))
        bench.able.complete_multipart(key, upload, [part])
    except ObjectExists:
        expect(bench.read(key) == BODY, "it was refused, and written over all the same")
        return "refused, the first one is intact"
    finally:
        bench.able.abort_multipart(key, upload)
    raise Bad("It was written over")


@probe("multipart-abort", "An unfinished upload is listed and can be taken back")
def abort(bench: Bench) -> str:
    """What reaping needs."""
    key = bench.key("unfinished")
    upload = bench.provider.begin_multipart(key, TYPE)
    bench.provider.put_part(key, upload, 1, io.BytesIO(b"x"), size_bytes=1)
    listed = [one.upload_id for one in bench.provider.list_multiparts(bench.folder)]
    bench.provider.abort_multipart(key, upload)
    bench.provider.abort_multipart(key, upload)
    left = [one.upload_id for one in bench.provider.list_multiparts(bench.folder)]
    expect(upload in listed, "it is not listed while it is in the making, so nobody can clean it up")
    expect(upload not in left, "it is still listed after it was taken back")
    return "listed, taken back, twice"


@probe("latency", "It answers fast enough to wait for")
def latency(bench: Bench) -> str:
    """The median of a few."""
    took = []
    for number in range(ROUNDS):
        begun = time.perf_counter()
        bench.put(f"fast/{number}", BODY)
        middle = time.perf_counter()
        bench.read(bench.key(f"fast/{number}"))
        took.append((middle - begun, time.perf_counter() - middle))
    put_ms, get_ms = (sorted(one[at] for one in took)[ROUNDS // 2] * 1000 for at in (0, 1))
    bench.found |= {"put_ms": f"{put_ms:.1f}", "get_ms": f"{get_ms:.1f}"}
    return f"put {put_ms:.0f} ms, get {get_ms:.0f} ms, median of {ROUNDS}"
