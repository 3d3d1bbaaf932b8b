"""Real processes that share breakers, told what to do one line at a time."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.site import wait_for

ROOT = Path(__file__).parents[3]


class Member:
    """One process."""

    def __init__(self, redis_url: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.breakers.fleet.hand", redis_url],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, text=True,
        )  # fmt: skip

    def start(self, do: str, **order: Any) -> None:
        """Give an order."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"do": do, **order}) + "\n")
        self.process.stdin.flush()

    def read(self) -> Any:
        """Return the answer to the oldest order."""
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())

    def ask(self, do: str, **order: Any) -> Any:
        """Give an order and return its answer."""
        self.start(do, **order)
        return self.read()

    def kill(self) -> None:
        """End it as the kernel does."""
        self.process.kill()
        self.process.wait()


class Crew(list[Member]):
    """Some processes."""

    def all(self, do: str, **order: Any) -> list[Any]:
        """Give all the same order at once and return their answers."""
        for one in self:
            one.start(do, **order)
        return [one.read() for one in self]

    def states(self, name: str) -> list[str]:
        """Return the state each process sees."""
        return [found["state"] for found in self.all("state", name=name)]

    def wait_for_state(self, name: str, state: str, limit_s: float = 5) -> None:
        """Wait until all processes see a state."""
        wait_for(lambda: set(self.states(name)) == {state}, limit_s=limit_s, say=lambda: self.all("state", name=name))

    def changes(self, name: str, scope: str = "fleet") -> list[dict[str, Any]]:
        """Return every change of the fleet's state, whoever told of it, oldest first."""
        told = [change for found in self.all("state", name=name) for change in found["changes"]]
        return sorted(
            (one for one in told if one["name"] == name and one["scope"] == scope), key=lambda one: one["generation"]
        )


@contextmanager
def running_crew(redis_url: str, size: int) -> Iterator[Crew]:
    """Run some processes until the block ends."""
    crew = Crew(Member(redis_url) for _ in range(size))
    try:
        assert [one.read() for one in crew] == ["ready"] * size
        yield crew
    finally:
        for one in crew:
            one.kill()
