"""Contestants of one bench take turns in one process, so that each pair has had the same machine."""

import gc
import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from redis.connection import AbstractConnection

COUNTED = 100


@dataclass
class Contestant:
    """What is measured, and its figures in microseconds an ask: one a round.

    Attributes:
        round_trips: To Valkey, an ask.
    """

    name: str
    ask: Callable[[], object]
    wall_us: list[float] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)
    round_trips: float = 0.0

    @property
    def wall(self) -> float:
        """The middle of its rounds."""
        return statistics.median(self.wall_us)

    @property
    def cpu(self) -> float:
        """The middle of its rounds: processor time of this process, kernel included."""
        return statistics.median(self.cpu_us)


def take_turns(contestants: list[Contestant], *, rounds: int, asks: int) -> None:
    """Measure everybody once a round, in an order that moves on."""
    for one in contestants:
        for _ in range(asks // 4):
            one.ask()
        with counted_trips() as trips:
            for _ in range(COUNTED):
                one.ask()
        one.round_trips = trips[0] / COUNTED
    gc.collect()
    gc.freeze()
    for turn in range(rounds):
        shift = turn % len(contestants)
        for one in contestants[shift:] + contestants[:shift]:
            cpu, wall = time.process_time(), time.perf_counter()
            for _ in range(asks):
                one.ask()
            one.wall_us.append((time.perf_counter() - wall) * 1e6 / asks)
            one.cpu_us.append((time.process_time() - cpu) * 1e6 / asks)


def ratio(one: Contestant, other: Contestant, *, of_cpu: bool = False) -> float:
    """Return how many times as long one takes: the middle of the rounds' ratios, which shared the machine."""
    figures = (one.cpu_us, other.cpu_us) if of_cpu else (one.wall_us, other.wall_us)
    return statistics.median(mine / theirs for mine, theirs in zip(*figures, strict=True))


def added(more: Contestant, less: Contestant, floor: Contestant) -> float:
    """Return how many floors one takes more than another: the middle of the rounds'."""
    figures = zip(more.wall_us, less.wall_us, floor.wall_us, strict=True)
    return statistics.median((one - other) / base for one, other, base in figures)


def report(contestants: list[Contestant], floor: Contestant) -> None:
    """Print the table."""
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"\n{'load ' + load:58}{'wall µs':>9}{'× floor':>9}{'cpu µs':>9}{'× floor':>9}{'trips':>8}")
    for one in contestants:
        print(
            f"{one.name:58}{one.wall:9.1f}{ratio(one, floor):9.2f}{one.cpu:9.1f}{ratio(one, floor, of_cpu=True):9.2f}"
            f"{one.round_trips:8.1f}"
        )


def verdict(sentence: str, *, holds: bool) -> None:
    """Print whether something is as it must be."""
    print(f"{'holds  ' if holds else 'FAILS  '}{sentence}")


@contextmanager
def counted_trips() -> Iterator[list[int]]:
    """Count what is sent to Valkey inside the block."""
    trips, send = [0], AbstractConnection.send_packed_command

    def counting(self: AbstractConnection, *args: object, **kwargs: object) -> object:
        trips[0] += 1
        return send(self, *args, **kwargs)  # type: ignore[arg-type]

    AbstractConnection.send_packed_command = counting  # type: ignore[method-assign,assignment]
    try:
        yield trips
    finally:
        AbstractConnection.send_packed_command = send  # type: ignore[method-assign]
