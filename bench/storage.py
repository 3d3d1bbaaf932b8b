"""Storage beside boto3, obstore and rclone, against one SeaweedFS on this machine; and moving files beside rclone.

    bin/bench storage
    bin/bench storage --parts small,verify --files 2000
    bin/bench storage --migrate 20000

Starts its own SeaweedFS, and for a migration PostgreSQL and Valkey. Figures are of one machine: what counts is their ratio.
"""

import argparse
import hashlib
import io
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.peers import add_peers
from bench.storage_work import (
    MIB,
    THREADS,
    TYPE,
    Took,
    boto,
    folder_of,
    fresh,
    keys,
    obstore_at,
    ours,
    over,
    pages,
    peak_of,
    rclone,
    timed,
)
from tests.storage.servers import Server, start_seaweed

SMALL = 16 * 1024
PARTS = "small,large,rss,presign,verify,stats"


def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(prog="bin/bench storage", description=__doc__)
    parser.add_argument("--files", type=int, default=2000, help="small files")
    parser.add_argument("--large-mib", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=3, help="the median counts")
    parser.add_argument("--parts", default=PARTS, help="some of these")
    parser.add_argument("--migrate", type=int, default=0, help="move so many files, and nothing else")
    options = parser.parse_args()
    add_peers()
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    server = start_seaweed()
    try:
        with tempfile.TemporaryDirectory() as folder:
            if options.migrate:
                from bench.storage_migrate import measure_migration

                measure_migration(server, Path(folder), options.migrate)
                return
            for part in options.parts.split(","):
                measure(part, server, Path(folder), options)
    finally:
        server.stop()


def measure(part: str, server: Server, folder: Path, options: argparse.Namespace) -> None:
    """Measure one part."""
    size = options.large_mib * MIB
    match part:
        case "small":
            show(f"{options.files:,} puts of 16 KiB, {THREADS} threads", rounds(options, lambda: small(server, folder, options.files)), "objects/s")  # fmt: skip
        case "large":
            show(f"one put of {options.large_mib} MiB", rounds(options, lambda: large(server, folder, size)), "MiB/s")
        case "rss":
            print(f"\nmemory while {options.large_mib} MiB stream from what cannot be read again, MiB more than before")
            for who in ("ours", "boto3", "obstore"):
                print(f"  {who:46}{peak_of([who, json.dumps(server.about), fresh(server), str(size)]):9.1f}")
        case "presign":
            show("presigned GETs", rounds(options, lambda: presign(server)), "/s")
        case "verify":
            show(f"{options.files:,} objects verified", rounds(options, lambda: verify(server, folder, options.files)), "objects/s")  # fmt: skip
        case "stats":
            stats(server, options.files)


def rounds(options: argparse.Namespace, once: Callable[[], list[Took]]) -> list[Took]:
    """Measure all contestants a few times in turn; return the round in the middle of each."""
    found = [once() for _ in range(options.rounds)]
    return [sorted(each, key=lambda one: one.seconds)[len(each) // 2] for each in zip(*found, strict=True)]


def show(title: str, found: list[Took], unit: str) -> None:
    """Print a table: rate, ratio to ours, processor time an object."""
    print(f"\n{title:48}{unit:>12}{'x ours':>9}{'CPU ms each':>13}")
    base = found[0].count / found[0].seconds
    for one in found:
        rate = one.count / one.seconds
        print(
            f"  {one.name:46}{rate:12,.0f}{rate / base:9.2f}{1000 * one.cpu_s / one.count:13.3f}  {one.note}",
            flush=True,
        )


def small(server: Server, folder: Path, count: int) -> list[Took]:
    """Put many small objects."""
    import obstore

    body, names = os.urandom(SMALL), keys(count, "s")
    digest = hashlib.sha256(body).hexdigest()
    place, client = ours(server, fresh(server)), boto(server)
    plain, checked = fresh(server), fresh(server)
    store = obstore_at(server, fresh(server), checksum_algorithm="sha256")
    files, at = folder_of(folder / "small", names, body), fresh(server)
    return [
        timed("ours: SHA-256 checked, never over another", count, lambda: over(names, lambda key: place.put(
            key, io.BytesIO(body), size_bytes=SMALL, content_type=TYPE, sha256=digest))),
        timed("boto3 put_object, as it comes", count, lambda: over(names, lambda key: client.put_object(
            Bucket=plain, Key=key, Body=body, ContentType=TYPE))),
        timed("boto3, SHA-256 checked, never over another", count, lambda: over(names, lambda key: client.put_object(
            Bucket=checked, Key=key, Body=body, ContentType=TYPE, ChecksumAlgorithm="SHA256", IfNoneMatch="*"))),
        timed("obstore, SHA-256 checked, never over another", count, lambda: over(names, lambda key: obstore.put(
            store, key, body, mode="create"))),
        timed("rclone copy --checksum", count, lambda: rclone(
            server, "copy", "--checksum", f"--transfers={THREADS}", f"--checkers={THREADS}", str(files), f"at:{at}"),
            "with a HEAD each"),
    ]  # fmt: skip


def large(server: Server, folder: Path, size: int) -> list[Took]:
    """Put one large object from a file."""
    import obstore

    path = folder / "large.bin"
    if not path.exists():
        with path.open("wb") as file:
            for _ in range(size // MIB):
                file.write(os.urandom(MIB))
    count = size // MIB
    place, client, bucket = ours(server, fresh(server)), boto(server), fresh(server)
    store, at = obstore_at(server, fresh(server)), fresh(server)

    def put_ours() -> None:
        with path.open("rb") as file:
            place.put(keys(1, "l")[0], file, size_bytes=size, content_type=TYPE)

    def put_obstore() -> None:
        with path.open("rb") as file:
            obstore.put(store, "large", file)

    return [
        timed("ours: SHA-256 of the whole", count, put_ours),
        timed("boto3 upload_file", count, lambda: client.upload_file(str(path), bucket, "large"), "no digest of the whole"),
        timed("obstore put", count, put_obstore, "no digest"),
        timed("rclone copyto", count, lambda: rclone(server, "copyto", str(path), f"at:{at}/large"), "MD5 of the whole"),
    ]  # fmt: skip


def presign(server: Server, count: int = 2000) -> list[Took]:
    """Sign addresses."""
    from datetime import timedelta

    import obstore

    place, client = ours(server, "quarterdeck"), boto(server)
    store, key = obstore_at(server, "quarterdeck"), keys(1, "p")[0]

    def repeat(work: Callable[[], object]) -> None:
        for _ in range(count):
            work()

    return [
        timed("ours", count, lambda: repeat(lambda: place.sign_get(key, expires_s=600))),
        timed("boto3", count, lambda: repeat(lambda: client.generate_presigned_url(
            "get_object", Params={"Bucket": "quarterdeck", "Key": key}, ExpiresIn=600))),
        timed("obstore", count, lambda: repeat(lambda: obstore.sign(store, "GET", key, timedelta(seconds=600)))),
    ]  # fmt: skip


def verify(server: Server, folder: Path, count: int) -> list[Took]:
    """Compare many copies with what they should be."""
    from app.storage.migrating.copying import Wanted, verify_object

    body, names, bucket = os.urandom(SMALL), keys(count, "v"), fresh(server)
    digest = hashlib.sha256(body).hexdigest()
    files = folder_of(folder / f"verify-{time.monotonic_ns()}", names, body)
    place = ours(server, bucket)
    over(names, lambda key: place.put(key, io.BytesIO(body), size_bytes=SMALL, content_type=TYPE, sha256=digest))

    def prove(key: str, *, whole: bool) -> object:
        return verify_object(place, Wanted(key, SMALL, TYPE, digest), whole=whole, take=lambda _: None)

    return [
        timed("ours: length and SHA-256 told by the server", count, lambda: over(names, lambda key: prove(key, whole=False)), "a HEAD each"),
        timed("ours: every byte read again", count, lambda: over(names, lambda key: prove(key, whole=True))),
        timed("rclone check", count, lambda: rclone(server, "check", f"--checkers={THREADS}", str(files), f"at:{bucket}"), "MD5 by listing"),
        timed("rclone check --download", count, lambda: rclone(
            server, "check", "--download", f"--checkers={THREADS}", str(files), f"at:{bucket}")),
    ]  # fmt: skip


def stats(server: Server, count: int) -> None:
    """Say what listing costs a figure that we read from a row (bin/bench storage_usage measures that read)."""
    place, client, bucket = ours(server, fresh(server)), boto(server), ""
    bucket = place.place.bucket
    body = b"x"
    over(keys(count, "t"), lambda key: place.put(key, io.BytesIO(body), size_bytes=1, content_type=TYPE))
    took = timed("list", count, lambda: sum(one["Size"] for one in pages(client, bucket)))
    print(
        f"\nusage by listing: {count:,} objects in {took.seconds * 1000:.0f} ms, so 1,000,000 in {took.seconds / count * 1e6:.0f} s"
    )


if __name__ == "__main__":
    main()
