"""Ends what an earlier supervisor left running. Only the holder of the home's lock may call this."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

MARK = "QUARTERDECK_SUPERVISOR"
PATIENCE_S = 10


def end_servers(folder: Path, program: str) -> None:
    """End the servers that work in a data folder, and their children.

    PostgreSQL's backends can outlive a killed postmaster and still write; a new one must not start before they are gone.

    Args:
        program: name of the executable, so that a person's shell in that folder is left alone.
    """
    home = folder.resolve()

    def works_there(process: Path) -> bool:
        return _link(process / "cwd") == home and (_link(process / "exe") or home).name.startswith(program)

    # PostgreSQL: immediate shutdown, whose recovery is exact. Valkey: ends, having written every second.
    _end(works_there, signal.SIGQUIT)


def end_supervised(home: Path) -> None:
    """End every process that carries the mark of a supervisor of this home in its environment."""
    mark = f"{MARK}={home}".encode()

    def is_marked(process: Path) -> bool:
        try:
            return mark in (process / "environ").read_bytes().split(b"\0")
        except OSError:
            return False

    _end(is_marked, signal.SIGKILL)


def wait_for_end(pid: int) -> None:
    """Wait until a process that is about to end has ended, for PATIENCE_S at most."""
    deadline = time.monotonic() + PATIENCE_S
    while _is_alive(Path(f"/proc/{pid}")) and time.monotonic() < deadline:
        time.sleep(0.05)


def _end(belongs: Callable[[Path], bool], first: signal.Signals) -> None:
    deadline = time.monotonic() + PATIENCE_S
    seen: set[Path] = set()
    while True:
        found = [process for process in _processes() if belongs(process)]
        for process in found:
            _signal(int(process.name), first if time.monotonic() < deadline else signal.SIGKILL)
        seen.update(found)
        # A dying process loses its environment and folder first, its listening sockets later.
        if not any(_is_alive(process) for process in seen):
            return
        time.sleep(0.05)


def _is_alive(process: Path) -> bool:
    try:
        state = (process / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in ("Z", "X")


def _processes() -> Iterator[Path]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            yield entry


def _link(path: Path) -> Path | None:
    try:
        return path.readlink()
    except OSError:  # gone, or another user's
        return None


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
