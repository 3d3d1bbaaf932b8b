"""What is measured of storage: the same acts by ours and by others, against one server."""

import io
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from app.storage.adapters.profiles import PROFILES
from app.storage.adapters.s3 import S3
from app.storage.adapters.s3_boto import Place
from app.storage.keys import ALPHABET
from tests.storage.servers import BIN, Server, make_bucket

THREADS, TYPE = 8, "application/octet-stream"
MIB = 1 << 20


@dataclass(frozen=True)
class Took:
    """What an act took: on the clock, and of processors in this process or the one it started."""

    name: str
    seconds: float
    cpu_s: float
    count: int
    note: str = ""


def timed(name: str, count: int, work: Callable[[], object], note: str = "") -> Took:
    """Do something and say what it took."""
    began, cpu = time.perf_counter(), processors()
    work()
    return Took(name, time.perf_counter() - began, processors() - cpu, count, note)


def processors() -> float:
    """Return the processor seconds of this process and of those it waited for."""
    own, below = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + below.ru_utime + below.ru_stime


def ours(server: Server, bucket: str) -> S3:
    """Return our provider at a bucket."""
    about = server.about
    place = Place(bucket, "us-east-1", about["endpoint"], "", about["access"], about["secret"])
    return S3("s3", PROFILES["seaweedfs"], place)


def boto(server: Server) -> Any:  # Any: the SDK makes its classes at run time
    """Return a client of the SDK as its manual makes one, with a pool that is large enough."""
    about = server.about
    return boto3.client(
        "s3", endpoint_url=about["endpoint"], aws_access_key_id=about["access"],
        aws_secret_access_key=about["secret"], region_name="us-east-1",
        config=Config(max_pool_connections=THREADS * 2, s3={"addressing_style": "path"}),
    )  # fmt: skip


def obstore_at(server: Server, bucket: str, **config: str) -> Any:  # Any: another project's class
    """Return obstore's store at a bucket."""
    from obstore.store import S3Store

    about = server.about
    return S3Store(
        bucket, endpoint=about["endpoint"], access_key_id=about["access"], secret_access_key=about["secret"],
        region="us-east-1", virtual_hosted_style_request=False, client_options={"allow_http": True}, config=config or None,
    )  # fmt: skip


def rclone(server: Server, *words: str) -> float:
    """Run rclone against a server and return its seconds."""
    about = server.about
    remote = {
        "TYPE": "s3", "PROVIDER": "SeaweedFS", "ENDPOINT": about["endpoint"], "ACCESS_KEY_ID": about["access"],
        "SECRET_ACCESS_KEY": about["secret"], "REGION": "us-east-1", "NO_CHECK_BUCKET": "true",
    }  # fmt: skip
    env = {
        **os.environ,
        **{f"RCLONE_CONFIG_AT_{name}": value for name, value in remote.items()},
        "RCLONE_CONFIG": "/dev/null",
    }
    began = time.perf_counter()
    done = subprocess.run([str(BIN / "rclone"), *words], env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"rclone {words[0]}: {done.stderr[-500:]}")
    return time.perf_counter() - began


def keys(count: int, word: str) -> list[str]:
    """Return keys as ours are made, the same ones each time."""
    return [f"1/documents/{ALPHABET[n % 26]}{ALPHABET[n // 26 % 26]}/{spelled(n, word)}" for n in range(count)]


def spelled(number: int, word: str) -> str:
    """Return 26 letters of a number."""
    text = ""
    for _ in range(26 - len(word)):
        text += ALPHABET[number % 32]
        number //= 32
    return f"{ALPHABET[0]}{word}{text}"[:26]


def over(items: Sequence[str], work: Callable[[str], object]) -> None:
    """Do something with each, in threads."""
    with ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(work, items):
            pass


def fresh(server: Server) -> str:
    """Return an empty bucket."""
    return make_bucket(server)


class Endless(io.RawIOBase):
    """A stream of so many bytes that can not be read again."""

    def __init__(self, size_bytes: int) -> None:
        super().__init__()
        self.left, self.piece = size_bytes, os.urandom(MIB)

    def readable(self) -> bool:
        """It is to be read."""
        return True

    def readinto(self, buffer: Any) -> int:  # Any: a writable buffer
        """Give the next bytes."""
        count = min(len(buffer), self.left, MIB)
        buffer[:count] = self.piece[:count]
        self.left -= count
        return count


def peak_of(words: Sequence[str]) -> float:
    """Run this module's `main` with words in a process of its own; return by how many MiB its memory grew at most."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.storage_stream", *words], capture_output=True, text=True, check=False
    )  # fmt: skip
    if done.returncode:
        sys.exit(done.stderr[-800:])
    return float(done.stdout.split()[-1])


def folder_of(folder: Path, names: Sequence[str], body: bytes) -> Path:
    """Write files for rclone."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    return folder


def pages(client: Any, bucket: str) -> Iterator[dict[str, Any]]:  # Any: as `boto`
    """List a bucket as the SDK does."""
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        yield from page.get("Contents", [])
