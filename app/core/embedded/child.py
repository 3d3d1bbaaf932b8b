"""One supervised process: started, read, restarted with growing pauses, stopped."""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from app.core.embedded.account import OURSELVES, Account
from app.core.embedded.leash import spawn
from app.core.embedded.output import Output

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 15.0
HEALTHY_AFTER_S = 30  # alive this long, a process has earned a quick restart again
LONGEST_LINE_BYTES = 65_536


@dataclass(frozen=True)
class Program:
    """What to run and how to end it.

    Attributes:
        prepare: called before every start, in this process.
        stop_signals: sent one after the other, each with its seconds to act; SIGKILL follows.
        death_signal: what the kernel sends when the supervisor is killed.
    """

    name: str
    argv: list[str]
    env: Mapping[str, str]
    cwd: Path
    account: Account = OURSELVES
    prepare: Callable[[], None] = lambda: None
    stop_signals: tuple[tuple[signal.Signals, float], ...] = ((signal.SIGTERM, 10.0),)
    death_signal: signal.Signals = signal.SIGKILL


class Child:
    """A running, waiting or ended program."""

    def __init__(self, program: Program, output: Output, selector: selectors.BaseSelector) -> None:
        self.program = program
        self.process: subprocess.Popen[bytes] | None = None
        self.failures = 0
        self.start_at = 0.0
        self._started_at = 0.0
        self._output = output
        self._selector = selector
        self._partial = b""
        self._reader = -1

    def start(self) -> None:
        """Start it; its lines come through the selector."""
        self.program.prepare()
        reader, writer = os.pipe()
        try:
            self.process = spawn(
                self.program.argv,
                env=self.program.env,
                cwd=self.program.cwd,
                account=self.program.account,
                output=writer,
                death_signal=self.program.death_signal,
            )
        finally:
            os.close(writer)
        os.set_blocking(reader, False)
        self._reader = reader
        self._selector.register(reader, selectors.EVENT_READ, self)
        self._started_at = time.monotonic()

    def read(self) -> None:
        """Pass on what it has written."""
        try:
            piece = os.read(self._reader, 65_536)
        except BlockingIOError:
            return
        if not piece:
            self._close_reader()
            return
        *lines, self._partial = (self._partial + piece).split(b"\n")
        if len(self._partial) > LONGEST_LINE_BYTES:
            lines, self._partial = [*lines, self._partial], b""
        for line in lines:
            self._output.relay(self.program.name, line.decode(errors="replace").rstrip("\r"))

    def reap(self) -> int | None:
        """Its exit status once it has ended, and whatever it left in its group is gone; None while it runs."""
        if self.process is None or self.process.poll() is None:
            return None
        status, pid = self.process.returncode, self.process.pid
        self.process = None
        _signal_group(pid, signal.SIGKILL)
        while self._reader >= 0 and self._has_output():
            self.read()
        self._close_reader()
        if self._partial:
            self._output.relay(self.program.name, self._partial.decode(errors="replace"))
            self._partial = b""
        return status

    def schedule_restart(self) -> float:
        """Plan the next start and return the pause in seconds."""
        if time.monotonic() - self._started_at > HEALTHY_AFTER_S:
            self.failures = 0
        pause: float = min(FIRST_PAUSE_S * 2**self.failures, LONGEST_PAUSE_S)
        self.failures += 1
        self.start_at = time.monotonic() + pause
        return pause

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process itself: it knows how to tell its own children."""
        if self.process is not None:
            self.process.send_signal(number)

    def kill(self) -> None:
        """End it and its group at once."""
        if self.process is not None:
            _signal_group(self.process.pid, signal.SIGKILL)
            self.process.kill()

    def _has_output(self) -> bool:
        with selectors.DefaultSelector() as once:
            once.register(self._reader, selectors.EVENT_READ)
            return bool(once.select(timeout=0))

    def _close_reader(self) -> None:
        if self._reader >= 0:
            self._selector.unregister(self._reader)
            os.close(self._reader)
            self._reader = -1


def describe_end(status: int) -> str:
    """An exit status in words."""
    return f"was ended by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"


def _signal_group(pid: int, number: signal.Signals) -> None:
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return
