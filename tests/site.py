"""The real thing for journeys: gunicorn with two workers, the relay and a Celery worker, on this worker's database."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from app.core.embedded.account import Account
from app.core.embedded.leash import spawn
from app.core.embedded.ports import find_free_port

ROOT = Path(__file__).parent.parent
START_LIMIT_S = 180


@dataclass
class Site:
    """Running processes of one installation.

    Attributes:
        url: Where the pages are.
        environment: What the processes were started with.
    """

    url: str
    environment: dict[str, str]
    folder: Path
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, *command: str) -> subprocess.Popen[bytes]:
        """Start one process; its output goes to a file of its name."""
        with (self.folder / f"{name}.log").open("ab") as output:
            process = spawn(
                [sys.executable, "-m", *command],
                env={**os.environ, **self.environment},
                cwd=ROOT,
                account=Account(),
                output=output,
            )
        self.processes[name] = process
        return process

    def start_web(self, workers: int = 2) -> None:
        """Start gunicorn."""
        self.environment["WEB_WORKERS"] = str(workers)
        self.start("web", "gunicorn", "-c", "gunicorn.conf.py", "wsgi:app")

    def start_relay(self) -> None:
        """Start the relay."""
        self.start("relay", "flask", "relay")

    def start_worker(self) -> None:
        """Start a Celery worker."""
        self.start("worker", "celery", "-A", "app.worker", "worker", "--concurrency", "2", "--loglevel", "WARNING")

    def wait_until_ready(self) -> None:
        """Wait for /health/ready; show the log when it does not come."""
        wait_for(self.is_ready, limit_s=START_LIMIT_S, say=lambda: self.log("web"))

    def is_ready(self) -> bool:
        """Say whether the pages can be asked."""
        try:
            with urlopen(f"{self.url}/health/ready", timeout=2) as answer:  # noqa: S310 (our own address)
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False

    def log(self, name: str) -> str:
        """Return the last lines a process wrote."""
        path = self.folder / f"{name}.log"
        return "\n".join(path.read_text(errors="replace").splitlines()[-40:]) if path.exists() else "no log"

    def stop(self) -> None:
        """Stop everything, hard after a while."""
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_for(condition: object, *, limit_s: float = 10, say: object = None) -> None:
    """Wait until a condition holds; the only way tests wait.

    Raises:
        AssertionError: It did not within `limit_s` seconds; `say()` tells more.
    """
    assert callable(condition)
    until = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > until:
            told = say() if callable(say) else ""
            raise AssertionError(f"did not happen within {limit_s} s\n{told}")
        _pause.wait(0.02)


class _Pause:
    """A pause between two looks at a condition."""

    def __init__(self) -> None:
        from threading import Event

        self._never = Event()

    def wait(self, seconds: float) -> None:
        self._never.wait(seconds)


_pause = _Pause()


@contextmanager
def running_site(environment: dict[str, str], folder: Path, *, workers: int = 2) -> Iterator[Site]:
    """Run a whole installation until the block ends."""
    port = find_free_port()
    site = Site(f"http://127.0.0.1:{port}", {**environment, "PORT": str(port)}, folder)
    try:
        site.start_web(workers)
        site.start_relay()
        site.start_worker()
        site.wait_until_ready()
        yield site
    finally:
        site.stop()
