"""A process that holds the flags and answers questions about them, one JSON line each; run by `asking`."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

MARK = "> "
ROOT = Path(__file__).parent.parent.parent


class Asker:
    """The other end of the process."""

    def __init__(self, environment: dict[str, str], *options: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.flags.asker", *options],
            env={**os.environ, **environment},
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def tell(self, **question: Any) -> None:
        """Send a question."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()

    def hear(self) -> dict[str, Any]:
        """Wait for the next answer; between them the process writes its log."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith(MARK):
                return dict(json.loads(line.removeprefix(MARK)))
        raise AssertionError("the process ended")

    def ask(self, **question: Any) -> dict[str, Any]:
        """Send a question and wait for its answer."""
        self.tell(**question)
        return self.hear()

    def end(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


@contextmanager
def asking(environment: dict[str, str], count: int = 1, *options: str) -> Iterator[list[Asker]]:
    """Run processes until the block ends."""
    askers = [Asker(environment, *options) for _ in range(count)]
    try:
        yield askers
    finally:
        for one in askers:
            one.end()


def main() -> None:
    """Answer until the input ends."""
    if "gevent" in sys.argv:
        from gevent import monkey

        monkey.patch_all()
    from app import create_app, flags
    from app.flags import holder

    app = create_app()
    for line in sys.stdin:
        question = json.loads(line)
        match question["act"]:
            case "ask":
                began = time.perf_counter()
                made = flags.evaluate(question["key"], question.get("target", "somebody"))
                took_s = time.perf_counter() - began
                status = flags.status()
                say(
                    variant=made.variant, reason=made.reason.value, source=status.source, stale=status.is_stale,
                    revision=status.revision, took_s=took_s, pid=os.getpid(),
                )  # fmt: skip
            case "watch":
                flags.on_change(lambda keys: say(seen=sorted(keys), at=time.time()))
                say(watches=True)
            case "time":
                say(worst_s=worst(question["key"], question["for_s"]))
            case "fork":
                fork_and_follow(question["key"])
            case "written":
                held = holder.here.process
                assert held is not None
                say(revision=held.copied, path=str(held.path))
    del app


def worst(key: str, for_s: float) -> float:
    """Ask for a while and return the longest that a hundred answers together took, in seconds each."""
    from app import flags

    longest, until = 0.0, time.perf_counter() + for_s
    while (began := time.perf_counter()) < until:
        for _ in range(100):
            flags.is_enabled(key, "somebody")
        longest = max(longest, (time.perf_counter() - began) / 100)
    return longest


def fork_and_follow(key: str) -> None:
    """Fork; the child says what it answers at once, and again once that has changed."""
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    from app import flags

    changed = threading.Event()
    flags.on_change(lambda keys: changed.set())
    first = flags.evaluate(key, "somebody").variant
    say(variant=first, pid=os.getpid())
    until = time.time() + 15
    while flags.evaluate(key, "somebody").variant == first and changed.wait(until - time.time()):
        changed.clear()  # something else changed, or this was the first table after the fork
    last = flags.evaluate(key, "somebody")
    say(variant=last.variant, reason=last.reason.value, error=str(last.error))
    os._exit(0)


def say(**answer: Any) -> None:
    """Print one line."""
    sys.stdout.write(f"{MARK}{json.dumps(answer)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
