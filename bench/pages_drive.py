"""Servers beside each other, asked in turn over loopback with connections that stay open."""

import http.client
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from app.core.embedded.ports import find_free_port
from bench.peers import HOME

ROOT = Path(__file__).parent.parent
TICKS_S = os.sysconf("SC_CLK_TCK")
START_LIMIT_S, BLOCK, WARM = 180, 10, 30
# -c: gunicorn would take the gunicorn.conf.py of the folder it starts in, which is the product's.
GUNICORN = (
    "gunicorn", "-c", "/dev/null", "--no-control-socket", "--worker-class", "gevent", "--workers", "1", "--keep-alive", "75",
    "--log-level", "warning",
)  # fmt: skip


@dataclass
class Server:
    """One running server.

    Attributes:
        command: What `python -m` runs; `{port}` stands for its port.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    port: int = field(default_factory=find_free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers anything."""
        paths = [str(ROOT), *sys.path[1:], str(HOME)]
        environment = {**os.environ, **self.environment, "PORT": str(self.port), "PYTHONPATH": os.pathsep.join(paths)}
        command = [sys.executable, "-m", *(part.format(port=self.port) for part in self.command)]
        with self.log().open("wb") as output:
            self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
        until = time.monotonic() + START_LIMIT_S
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > until:
                sys.exit(f"{self.name} does not answer:\n{self.log().read_text()[-4000:]}")
            time.sleep(0.1)

    def log(self) -> Path:
        """Return the file of what it writes."""
        return self.folder / f"{self.port}.log"

    def answers(self) -> bool:
        """Say whether it can be asked."""
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
            connection.request("GET", "/no-such-address")
            return connection.getresponse().status > 0
        except OSError:
            return False

    def stop(self) -> None:
        """End it."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait()

    def cpu_s(self) -> float:
        """Return the processor time of its processes so far: 10 ms ticks, so ask after hundreds of requests."""
        assert self.process is not None
        return sum(ticks(pid) for pid in family(self.process.pid)) / TICKS_S


def family(pid: int) -> list[int]:
    """Return a process and all below it."""
    found = [pid]
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == pid:
            found += family(int(stat.parent.name))
    return found


def ticks(pid: int) -> int:
    """Return utime and stime of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


@dataclass
class Contestant:
    """One address of one server, and what asking it came to.

    Attributes:
        must_hold: What every answer has as often as it has rows.
    """

    name: str
    server: Server
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    must_hold: bytes = b""
    times: list[float] = field(default_factory=list)
    cpu_s: float = 0.0
    size: int = 0
    connection: http.client.HTTPConnection | None = None

    def ask(self) -> float:
        """Ask once; return the seconds until the last byte was there."""
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        began = time.perf_counter()
        self.connection.request("GET", self.path, headers=dict(self.headers))
        answer = self.connection.getresponse()
        body = answer.read()
        took = time.perf_counter() - began
        if answer.status != 200 or body.count(self.must_hold) < 50:
            sys.exit(f"{self.name}: {answer.status}, not the 50 rows asked for: {body[:2000]!r}")
        self.size = len(body)
        return took

    def block(self) -> None:
        """Ask some times on end."""
        before = self.server.cpu_s()
        self.times += [self.ask() for _ in range(BLOCK)]
        self.cpu_s += self.server.cpu_s() - before

    def percentile_ms(self, percent: int) -> float:
        """Return a percentile of the times."""
        return statistics.quantiles(self.times, n=100)[percent - 1] * 1000

    @property
    def cpu_ms(self) -> float:
        """Processor time of one request."""
        return self.cpu_s / len(self.times) * 1000


def drive(contestants: Sequence[Contestant], rounds: int) -> None:
    """Ask all in turn, some times on end each, so that what the machine does meets all alike."""
    for one in contestants:
        for _ in range(WARM):
            one.ask()
    for _ in range(rounds):
        for one in contestants:
            one.block()


def report(contestants: Sequence[Contestant]) -> None:
    """Print what it came to; the first is what the others are held against."""
    floor = contestants[0]
    print(f"\n{'':44}{'p50 ms':>8}{'p95':>8}{'CPU ms':>8}{'p50 x':>8}{'CPU x':>8}{'bytes':>10}   n={len(floor.times)}")
    for one in contestants:
        p50, p95 = one.percentile_ms(50), one.percentile_ms(95)
        times = f"{p50 / floor.percentile_ms(50):8.1f}{one.cpu_ms / max(floor.cpu_ms, 0.001):8.1f}"
        print(f"{one.name:44}{p50:8.1f}{p95:8.1f}{one.cpu_ms:8.2f}{times}{one.size:10,}")
