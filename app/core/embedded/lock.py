"""One supervisor per home: a lock the kernel frees when its holder dies, however it dies."""

import fcntl
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

PATH = Path("run/supervisor.lock")
ATTEMPTS = 3  # somebody who only looks (find_holder) has the lock for a moment


@dataclass(frozen=True)
class Holder:
    """Who runs a home."""

    pid: int
    url: str


class AlreadyRunning(RuntimeError):
    """Another supervisor has this home."""

    def __init__(self, holder: Holder | None) -> None:
        who = f"with pid {holder.pid} on {holder.url}" if holder else "and is just starting"
        super().__init__(
            f"Quarterdeck already runs {who}. Stop it with bin/down, or set another QUARTERDECK_HOME and PORT."
        )


def take_lock(home: Path, url: str) -> IO[str]:
    """Take the home's lock and write who we are in it; keep the returned file open.

    Raises:
        AlreadyRunning: somebody has it.
    """
    path = home / PATH
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("a+", encoding="utf-8")
    for attempt in range(ATTEMPTS):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if attempt == ATTEMPTS - 1:
                file.close()
                raise AlreadyRunning(_read(path)) from None
            time.sleep(0.1)
    file.truncate(0)
    file.write(f"{os.getpid()} {url}\n")
    file.flush()
    return file


def find_holder(home: Path) -> Holder | None:
    """Who holds the lock of a home now, or None."""
    path = home / PATH
    if not path.exists():
        return None
    with path.open("r", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _read(path)
    return None


def wait_until_free(home: Path, timeout_s: float) -> bool:
    """Wait for the holder to end; False when it did not in time."""
    deadline = time.monotonic() + timeout_s
    while find_holder(home):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def _read(path: Path) -> Holder | None:
    pid, _, url = path.read_text(encoding="utf-8").strip().partition(" ")
    return Holder(int(pid), url) if pid.isdigit() else None
