"""Starts a list of programs, passes their lines on, restarts what ends, and stops all of them in order.

One thread and one selector: the death signal belongs to the thread that forks, and there is nothing to lock.
"""

import selectors
import signal
import time
from collections.abc import Callable
from types import FrameType

from app.core.embedded.child import Child, Program, describe_end
from app.core.embedded.output import Output

TICK_S = 0.1
GIVE_UP_AFTER = 5  # ends of one program before we were ready once: a restart will not mend it


class StartFailed(RuntimeError):
    """Something did not come up; the message says what to look at."""


class Stopped(Exception):
    """The person asked to stop while we were waiting for something."""


class Supervisor:
    """The programs of one home."""

    def __init__(self, output: Output) -> None:
        self.output = output
        self.children: list[Child] = []
        self.is_ready = False
        self._selector = selectors.DefaultSelector()
        self._stop_requests = 0

    def listen_for_stop(self) -> None:
        """From here on Ctrl-C and TERM end `wait_for` and `run`; once more and nothing is waited for."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:  # nohup
                signal.signal(number, self._request_stop)

    def add(self, program: Program) -> None:
        """Start a program and keep it running from now on."""
        child = Child(program, self.output, self._selector)
        self.children.append(child)
        child.start()

    def run_once(self, program: Program) -> None:
        """Run a program to its end.

        Raises:
            StartFailed: it ended with an error; its lines have been shown.
        """
        child = Child(program, self.output, self._selector)
        child.start()
        try:
            while (status := child.reap()) is None:
                self._turn()
        except BaseException:
            child.kill()
            raise
        if status != 0:
            raise StartFailed(f"{program.name} {describe_end(status)}; its lines above say why.")

    def wait_for(self, what: str, is_so: Callable[[], bool], timeout_s: float) -> None:
        """Keep everything going until a condition holds.

        Raises:
            StartFailed: it did not hold in time.
        """
        deadline = time.monotonic() + timeout_s
        while not is_so():
            if time.monotonic() > deadline:
                raise StartFailed(f"{what} did not answer within {timeout_s:.0f} s; the lines above say why.")
            self._turn()

    def run(self) -> None:
        """Keep everything going until the person asks to stop."""
        try:
            while True:
                self._turn()
        except Stopped:
            return

    def stop(self) -> None:
        """Stop the programs, last started first, each with the time it needs."""
        requests = self._stop_requests
        for child in reversed(self.children):
            for number, patience_s in child.program.stop_signals:
                child.signal(number)
                deadline = time.monotonic() + patience_s
                while child.process is not None and time.monotonic() < deadline:
                    if self._stop_requests > requests:
                        deadline = 0
                    self._read()
                    child.reap()
            child.kill()
            while child.process is not None:
                child.reap()
        self.children.clear()

    def _turn(self) -> None:
        """One round: pass lines on, see who ended, start who is due."""
        if self._stop_requests:
            raise Stopped
        self._read()
        for child in self.children:
            if (status := child.reap()) is not None:
                self._plan_restart(child, status)
            elif child.process is None and time.monotonic() >= child.start_at:
                self._restart(child)

    def _restart(self, child: Child) -> None:
        try:
            child.start()
        except (OSError, RuntimeError) as problem:  # a full disk, a missing file: it may be mended
            pause_s = child.schedule_restart()
            self.output.say(f"{child.program.name} cannot start: {problem}; trying again in {pause_s:g} s.")

    def _plan_restart(self, child: Child, status: int) -> None:
        name, pause_s = child.program.name, child.schedule_restart()
        if not self.is_ready and child.failures >= GIVE_UP_AFTER:
            raise StartFailed(f"{name} {describe_end(status)} {GIVE_UP_AFTER} times; see {self.output.path(name)}.")
        self.output.say(f"{name} {describe_end(status)}; starting it again in {pause_s:g} s.")

    def _read(self) -> None:
        for key, _ in self._selector.select(timeout=TICK_S):
            key.data.read()

    def _request_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stop_requests += 1
