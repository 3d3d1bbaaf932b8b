"""One process of a crew: does what a line of JSON says, answers with a line of JSON.

python -m tests.breakers.fleet.hand redis://…
"""

import contextlib
import json
import os
import sys
import threading
import time
from collections import Counter
from typing import Any

import structlog

from app.breakers.breaker import Breaker
from app.breakers.config import WindowType
from app.breakers.fleet.reports import read_merged
from app.breakers.fleet.sync import Fleet, join_fleet
from app.breakers.registry import apply_settings, breaker, move, on_transition
from app.breakers.states import CallNotPermitted, State
from config import Settings


class Broken(Exception):
    """What a dead dependency answers."""

    def __init__(self, retry_after_s: float | None = None) -> None:
        super().__init__("broken")
        self.retry_after_s = retry_after_s


class Hand:
    """What this process can be told to do."""

    def __init__(self, redis_url: str) -> None:
        self.fleet: Fleet = join_fleet(settings_for(redis_url))
        self.changes: list[dict[str, Any]] = []
        self.counts: Counter[str] = Counter()
        self.go = threading.Event()
        self.threads: list[threading.Thread] = []
        on_transition(lambda change: self.changes.append(show(change)))

    def make(self, name: str, **fields: Any) -> None:
        if "sliding_window_type" in fields:
            fields["sliding_window_type"] = WindowType(fields["sliding_window_type"])
        breaker(name, **fields)
        self.fleet.ensure_started()

    def call(
        self, name: str, fails: int = 0, works: int = 0, slow_s: float = 0, retry_after_s: float | None = None
    ) -> dict[str, int]:
        """Make calls; those that work first."""
        found: Counter[str] = Counter()
        for number in range(works + fails):
            try:
                breaker(name).call(self._work, number >= works, slow_s, retry_after_s)
                found["worked"] += 1
            except Broken:
                found["failed"] += 1
            except CallNotPermitted:
                found["rejected"] += 1
        return found

    def _work(self, is_broken: bool, slow_s: float, retry_after_s: float | None) -> None:
        if slow_s:
            self.go.wait(slow_s)
        if is_broken:
            raise Broken(retry_after_s)

    def probe(self, name: str, threads: int) -> dict[str, int]:
        """Call at once from many threads; who is let in waits for `answer`. Returns when all are in or refused."""
        self.go.clear()
        self.counts.clear()
        self.threads = [
            threading.Thread(target=self._probe, args=(breaker(name),), daemon=True) for _ in range(threads)
        ]
        for thread in self.threads:
            thread.start()
        while self.counts["in"] + self.counts["rejected"] < threads:
            self.go.wait(0.005)
        return dict(self.counts)

    def _probe(self, one: Breaker) -> None:
        try:
            one.call(self._stay)
        except CallNotPermitted:
            self.counts["rejected"] += 1
        except Broken:
            self.counts["failed"] += 1

    def _stay(self) -> None:
        self.counts["in"] += 1
        self.go.wait(60)
        if self.broken:
            raise Broken

    def answer(self, broken: bool = False) -> None:
        """Let the calls end that `probe` began."""
        self.broken = broken
        self.go.set()
        for thread in self.threads:
            thread.join(10)
        self.go.clear()

    def fork(self, name: str, fails: int) -> dict[str, Any]:
        """Fork; the child makes failing calls and says what it sees once it is open."""
        reader, writer = os.pipe()
        if os.fork() == 0:
            made = self.call(name, fails=fails)
            until = time.monotonic() + 5
            while breaker(name).state is State.CLOSED and time.monotonic() < until:
                threading.Event().wait(0.01)
            os.write(writer, json.dumps({**made, **self.state(name)}).encode())
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader) as said:
            found: dict[str, Any] = json.loads(said.read())
        return found

    def state(self, name: str) -> dict[str, Any]:
        one = breaker(name)
        return {
            "state": one.state.name, "scope": one.scope.value, "generation": one.generation,
            "degraded": self.fleet.is_degraded, "commands": self.fleet.commands, "window": one.figures_now(),
            "changes": self.changes,
        }  # fmt: skip

    def wait(self, name: str) -> float:
        """Return for how many seconds it still refuses."""
        return breaker(name)._phase.until - time.monotonic()

    def merged(self, name: str) -> dict[str, int]:
        found = read_merged(self.fleet.client(1.0), name, breaker(name).config)
        return {"calls": found.calls, "failures": found.failures}

    def settings(
        self, name: str, overrides: dict[str, Any], forced_state: str | None = None, forced_until: float | None = None
    ) -> None:
        apply_settings(name, overrides, forced_state, forced_until)

    def move(self, name: str, to: str) -> bool:
        return move(name, State[to])

    def time_calls(self, name: str, seconds: float) -> float:
        """Call all the time; return the longest one in ms."""
        longest, until = 0.0, time.monotonic() + seconds
        one = breaker(name)
        while time.monotonic() < until:
            began = time.monotonic()
            with contextlib.suppress(CallNotPermitted):
                one.call(int)
            longest = max(longest, time.monotonic() - began)
        return longest * 1000


def settings_for(redis_url: str) -> Settings:
    """Return settings of a process that only uses breakers, patient with a machine that runs many tests."""
    return Settings(database_url="postgresql://nobody@127.0.0.1:1/none", redis_url=redis_url, redis_budget_ms=2000)  # type: ignore[arg-type]


def show(change: Any) -> dict[str, Any]:
    """Return a transition as JSON can carry it."""
    return {
        "name": change.name, "before": change.before.name, "after": change.after.name, "reason": change.reason,
        "scope": change.scope, "generation": change.generation, "process": change.process, "failures": change.failures,
        "calls": change.calls, "slow": change.slow,
    }  # fmt: skip


def main() -> None:
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))  # answers have stdout to themselves
    hand = Hand(sys.argv[1])
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        answer = getattr(hand, order.pop("do"))(**order)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
