"""One large file through the web processes: how much their memory grows, and that nothing waits on a disk in between.

    bin/bench upload
    bin/bench upload --gib 5 --to local,seaweedfs

Starts its own PostgreSQL, Valkey, SeaweedFS and gunicorn with two workers. The sender is one connection that streams
zeros, so the figures are of the way through us and of the disk, not of a line.
"""

import argparse
import http.client
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from bench.memory import rss_bytes
from tests import stage
from tests.realtime.ear import cookie_of
from tests.services import running_services
from tests.site import Site
from tests.storage.servers import settings_of, start_seaweed
from tests.world import Person, World, kept_superuser

MIB, GIB = 1 << 20, 1 << 30
SAMPLE_S = 0.02
PATH = "/api/files?name=large.bin&category=temp"


@dataclass
class Watch:
    """What was seen of the web processes while a file went through.

    Attributes:
        grew_bytes: By how much the largest of them grew at most.
        files: What they had open below the folders of temporary files.
        seconds: How long it took.
        wrote_bytes: What all of them together wrote to files.
        slowest_s: How long the slowest look at another page took meanwhile.
    """

    grew_bytes: int = 0
    files: set[str] = field(default_factory=set)
    seconds: float = 0.0
    wrote_bytes: int = 0
    slowest_s: float = 0.0


class Zeros:
    """So many zeros, to read."""

    def __init__(self, size: int) -> None:
        self.left = size

    def read(self, size: int = MIB) -> bytes:
        """Give the next."""
        piece = bytes(min(size, self.left))
        self.left -= len(piece)
        return piece


def send(site: Site, person: Person, size: int) -> tuple[int, bytes]:
    """Stream so many bytes as the body of one request; returns status and answer."""
    parts = urlsplit(site.url)
    line = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=600, blocksize=MIB)
    headers = {"Cookie": cookie_of(person), "Sec-Fetch-Site": "same-origin", "Content-Length": str(size)}
    try:
        line.request("PUT", PATH, body=Zeros(size), headers=headers)
    except ConnectionError as error:  # refused before all was sent: the answer tells why
        print(f"the line broke: {error}; the web says:\n{site.log('web')}")
    answer = line.getresponse()
    return answer.status, answer.read()


@contextmanager
def watching(site: Site) -> Iterator[Watch]:
    """Look at gunicorn's workers until the block ends."""
    pids = workers(site)
    before = {pid: rss_bytes(pid) for pid in pids}
    wrote = {pid: written(pid) for pid in pids}
    known = {path for pid in pids for path in temporary(pid)}  # gunicorn's heartbeat
    seen, over, began = Watch(), threading.Event(), time.monotonic()

    def look() -> None:
        while not over.wait(SAMPLE_S):
            seen.grew_bytes = max(seen.grew_bytes, *(rss_bytes(pid) - before[pid] for pid in pids))
            seen.files |= {path for pid in pids for path in temporary(pid)} - known

    def ask() -> None:
        while not over.wait(0.25):
            at = time.monotonic()
            site.is_ready()
            seen.slowest_s = max(seen.slowest_s, time.monotonic() - at)

    threads = [threading.Thread(target=act, daemon=True) for act in (look, ask)]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        over.set()
        for thread in threads:
            thread.join()
        seen.seconds = time.monotonic() - began
        seen.wrote_bytes = sum(written(pid) - wrote[pid] for pid in pids)


def workers(site: Site) -> list[int]:
    """Return the processes that answer requests."""
    master = site.processes["web"].pid
    return [int(pid) for pid in Path(f"/proc/{master}/task/{master}/children").read_text().split()]


def written(pid: int) -> int:
    """Return how many bytes a process wrote to files; what it sent over sockets is not among them."""
    lines = Path(f"/proc/{pid}/io").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("wchar")).split()[1])


def temporary(pid: int) -> Iterator[str]:
    """Yield what a process has open in a folder of temporary files, a spool or without a name."""
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = str(link.readlink())
        except OSError:
            continue  # closed meanwhile
        is_body = "/staging/" in target  # the provider's own: the file itself in the making
        folder = tempfile.gettempdir()
        if not is_body and ("/spool/" in target or (target.startswith(folder) and "deleted" in target)):
            yield target


def measure(gib: float, where: list[str]) -> None:
    """Send a file of so many GiB through a web of its own, to each place, and print what was seen."""
    size = int(gib * GIB)
    print(f"{gib:g} GiB, load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    for name in where:
        with tempfile.TemporaryDirectory() as folder, running_services() as services:
            seaweed = start_seaweed() if name == "seaweedfs" else None
            try:
                told = {key.upper(): value for key, value in settings_of(seaweed).items()} if seaweed else {}
                if seaweed:
                    told["STORAGE_PROVIDER"] = "s3"
                with standing(services, Path(folder), told) as (site, person):
                    send(site, person, MIB)  # what is loaded once is no growth
                    with watching(site) as seen:
                        status, said = send(site, person, size)
            finally:
                if seaweed:
                    seaweed.stop()
        assert status == 201, said
        print(
            f"{name:10} {size / MIB / seen.seconds:7.0f} MiB/s  memory +{seen.grew_bytes / MIB:5.1f} MiB  "
            f"written to files {seen.wrote_bytes / MIB:7.0f} MiB  temporary files {len(seen.files)}  "
            f"slowest other page {seen.slowest_s:.2f} s"
        )


@contextmanager
def standing(services: object, folder: Path, told: dict[str, str]) -> Iterator[tuple[Site, Person]]:
    """Run a web and its relay on servers of their own."""
    from app import create_app
    from app.core.embedded.ports import find_free_port
    from tests.services import Services

    assert isinstance(services, Services)
    urls = services.create_database()
    stage.migrate(urls, services.redis_url, folder)
    environment = {**stage.environment_for(urls, services.redis_url, folder), **told}
    app = create_app(stage.settings_from(environment))
    superuser = services.superuser_url(urls["DATABASE_URL"].rpartition("/")[2].partition("?")[0])
    world = World(app, kept_superuser(superuser))
    port = find_free_port()
    site = Site(f"http://127.0.0.1:{port}", {**environment, "PORT": str(port)}, folder)
    try:
        site.start_web()
        site.start_relay()
        site.wait_until_ready()
        yield site, world.harbour("staff")
    finally:
        site.stop()


def main(arguments: list[str] | None = None) -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(prog="bin/bench upload", description=__doc__)
    parser.add_argument("--gib", type=float, default=5.0)
    parser.add_argument("--to", default="local,seaweedfs", help="some of these")
    chosen = parser.parse_args(arguments)
    measure(chosen.gib, chosen.to.split(","))


if __name__ == "__main__":
    main()
