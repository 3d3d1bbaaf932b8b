"""Writers: processes that commit facts at a rate, each an act of the product with its row, and note when they had."""

import multiprocessing
import time
from dataclasses import dataclass
from typing import Any, Self

from app import create_app
from app.core.context import acting_as
from app.core.ids import CompanyId
from app.core.tenancy import acting_for
from bench.live_ears import pause
from bench.live_facts import init_bench, micros, tell
from bench.live_place import Place
from tests import stage


@dataclass(frozen=True)
class Load:
    """What one writer commits.

    Attributes:
        companies: Told in turn.
        rate: Facts a second.
        per_commit: Facts of one transaction.
        first: The number of the first fact.
    """

    companies: list[CompanyId]
    rate: float
    seconds: float
    per_commit: int = 1
    first: int = 0


@dataclass
class Written:
    """When each fact was committed, in microseconds, and how long the writing took."""

    committed: dict[int, int]
    took_s: float


class Writer:
    """One writing process, from outside."""

    def __init__(self, place: Place) -> None:
        context = multiprocessing.get_context("spawn")
        self.ours, theirs = context.Pipe()
        self.process = context.Process(target=write_loads, args=(place.environment, theirs), daemon=True)
        self.process.start()

    def __enter__(self) -> Self:
        assert self.ours.poll(120), "the writer did not start"
        self.ours.recv()
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.join()

    def start(self, load: Load) -> None:
        """Begin to write."""
        self.ours.send(load)

    def finish(self) -> Written:
        """Return what was written, when it is done."""
        assert self.ours.poll(600), "the writer does not end"
        written: Written = self.ours.recv()
        return written

    def write(self, load: Load) -> Written:
        """Write and wait for it."""
        self.start(load)
        return self.finish()


def write_loads(environment: dict[str, str], pipe: Any) -> None:
    """Make the app, then write what is asked for."""
    app = create_app(stage.settings_from(environment))
    init_bench(app)
    pipe.send("ready")
    with app.app_context(), acting_as({"kind": "system", "name": "bench"}):
        while True:
            pipe.send(write(pipe.recv()))


def write(load: Load) -> Written:
    """Commit a load's facts, never before their time."""
    committed: dict[int, int] = {}
    began = time.monotonic()
    for turn, step in enumerate(range(0, int(load.rate * load.seconds), load.per_commit)):
        pause(max(0.0, began + step / load.rate - time.monotonic()))
        company_id = load.companies[turn % len(load.companies)]
        steps = range(load.first + step, load.first + step + load.per_commit)
        with acting_for(company_id):
            tell(company_id, steps)
        at = micros()
        committed.update(dict.fromkeys(steps, at))
    return Written(committed, time.monotonic() - began)
