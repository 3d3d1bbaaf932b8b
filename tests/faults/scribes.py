"""Processes that write through the product's logging: `python -m tests.faults.scribes FOLDER PROCESSES LINES`.

One process forks the others, as gunicorn and Celery do; each writes from two threads, to its own file and to the
stdout all of them share. Half-way through their lines midnight passes. With a third folder full, see `limit_files`.
"""

import os
import resource
import signal
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import structlog
import time_machine
from flask import Flask

from app.core.logging import init_logging
from config import Settings

LATE, EARLY = datetime(2026, 11, 22, 23, 59, 59, tzinfo=UTC), datetime(2026, 11, 23, 0, 0, 1, tzinfo=UTC)
THREADS = 2
LONG = "x" * 20_000


def main() -> None:
    """Fork, write, and wait for all."""
    folder, processes, lines = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    limit_files(int(os.environ.get("SCRIBES_MOST_BYTES", "0")))
    settings = Settings(database_url="postgresql://nobody@127.0.0.1/none", log_dir=folder, environment="staging")
    with time_machine.travel(LATE, tick=True) as clock:
        init_logging(Flask("scribes"), settings)
        structlog.get_logger("scribe").info("before the fork")
        children = [fork(number, lines, clock) for number in range(processes)]
        failed = [os.waitpid(child, 0)[1] for child in children]
    sys.exit(any(failed))


def limit_files(most_bytes: int) -> None:
    """Let no file grow beyond a size, as a disk that is full: the beginning of a line is taken, the rest refused."""
    if most_bytes:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))


def fork(number: int, lines: int, clock: time_machine.Traveller) -> int:
    """Start one that writes; return its process id."""
    child = os.fork()
    if child:
        return child
    half = lines // THREADS // 2
    write_all(number, 0, half)
    clock.move_to(EARLY)
    write_all(number, half, half)
    os._exit(0)


def write_all(number: int, first: int, lines: int) -> None:
    """Write from two threads."""
    threads = [threading.Thread(target=write, args=(number, thread, first, lines)) for thread in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def write(number: int, thread: int, first: int, lines: int) -> None:
    """Write lines that can be told apart, every tenth longer than a pipe takes as one."""
    log = structlog.get_logger("scribe")
    for line in range(first, first + lines):
        log.info("written", scribe=number, thread=thread, line=line, text=LONG if line % 10 == 0 else "short")


if __name__ == "__main__":
    main()
