"""A process that serves targets behind a flag and calls a dependency through a breaker, until it is stopped.

python -m tests.flags.rollouts.traffic FLAG BREAKER TREATMENT_FAILS CONTROL_FAILS
"""

import contextlib
import itertools
import random
import signal
import sys
import threading

from app import create_app, flags
from app.breakers.registry import breaker
from app.breakers.states import CallNotPermitted
from app.core import arms, process

PAUSE_S = 0.005


class DependencyAway(Exception):
    """What the dependency's client raises."""


def depend(fails: float) -> None:
    """Call the dependency, which fails so often."""
    if random.random() < fails:
        raise DependencyAway


def main(flag: str, name: str, treatment_fails: float, control_fails: float) -> None:
    """Serve one target after the other."""
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    process.set_kind("worker")
    app = create_app()
    guard = breaker(name, minimum_number_of_calls=50, wait_duration_in_open_state_ms=30_000)
    with app.app_context():
        for number in itertools.count():
            arms.begin()
            is_new = flags.is_enabled(flag, f"user-{number % 5000}")
            with contextlib.suppress(DependencyAway, CallNotPermitted):
                guard.call(depend, treatment_fails if is_new else control_fails)
            if number == 0:
                print("serves", flush=True)
            if stopping.wait(PAUSE_S):
                return


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]), float(sys.argv[4]))
