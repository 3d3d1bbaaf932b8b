"""Breakers beside their peers: `bin/bench breakers [--runs 7] [--processes 8]`. Starts a Valkey of its own.

1  A call that does nothing through a closed breaker, over the same call without one: processor time, runs taking turns.
2  Eight threads that wait 10 ms inside, fifty calls each: a breaker that holds its lock meanwhile takes eight times as long.
3  Commands Redis is sent for 20,000 calls while closed and in the 1.5 s after, by those that share their state.
4  Eight processes: nine failures each, and twenty calls of which twelve fail; told to open at ten. Who is open after 2 s?
5  After the wait: eight processes of twenty threads. How many probes reach the dependency? Ten are permitted.
"""

import argparse
import multiprocessing
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from redis import Redis

from app.core.embedded.place import find_place
from app.core.embedded.ports import find_free_port
from app.core.embedded.valkey import Valkey
from bench.breaker_contestants import MAKERS, Broken, Contestant, run
from bench.peers import add_peers

CALLS, SHARED_CALLS, THREADS, WAIT_S, WATCH_S, PATIENCE_S = 100_000, 20_000, 8, 3.0, 2.0, 300
SHARING = ("ours", "interlock", "pybreaker")
FLEETS = ("ours", "interlock", "pybreaker", "circuitbreaker", "purgatory")


def say(line: str) -> None:
    print(line, flush=True)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--runs", type=int, default=7)
    options.add_argument("--processes", type=int, default=8)
    given = options.parse_args()
    add_peers()
    with running_valkey() as url:
        report_overhead(given.runs, url)
        report_threads()
        report_commands(url)
        report_fleets(given.processes, url)


@contextmanager
def running_valkey() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        server = Valkey(find_place(Path(folder)), find_free_port(), "bench", is_durable=False)
        server.start()
        try:
            yield server.url()
        finally:
            server.stop()


def nothing() -> None:
    """What is called."""


def fail() -> None:
    raise Broken


def loop_ns(call: Any, *args: Any) -> float:
    began = time.thread_time_ns()  # this thread's processor time: whatever else the machine does is not in it
    for _ in range(CALLS):
        call(*args)
    return (time.thread_time_ns() - began) / CALLS


def report_overhead(runs: int, url: str) -> None:
    entries = {name: maker("overhead", None, 60) for name, maker in MAKERS.items()}
    figures: dict[str, list[float]] = {name: [] for name in entries}
    for _ in range(runs):
        bare = loop_ns(nothing)
        for name, one in entries.items():
            figures[name].append(loop_ns(one.call, nothing) - bare)
    fleet = MAKERS["ours"]("overhead-fleet", url, 60)  # from here on ours has its thread
    forms = {"Quarterdeck, sharing": fleet.call, **other_forms()}
    for label, call in forms.items():
        figures[label] = [loop_ns(call, nothing) - loop_ns(nothing) for _ in range(runs)]
    say(f"\n1  Overhead of a closed call, ns, median of {runs} runs of {CALLS:,} calls (smallest, largest)")
    for name, row in sorted(figures.items(), key=lambda item: statistics.median(item[1])):
        one = entries.get(name, fleet)
        label = one.name if name in entries else name
        say(f"   {label:22} {statistics.median(row):8,.0f}  ({min(row):,.0f}, {max(row):,.0f})  {one.note}")
    median = {name: statistics.median(row) for name, row in figures.items()}
    say(f"   Ours is {median['interlock'] / median['ours']:.1f} × faster than the only other one with a window,")
    say(f"   and costs {median['ours'] - median['counters']:+,.0f} ns over two bare integers.")


def report_threads() -> None:
    say(f"\n2  {THREADS} threads, fifty calls of 10 ms each, seconds (0.5 is what the waiting takes)")
    for maker in MAKERS.values():
        one, pause = maker("threads", None, 60), threading.Event()
        threads = [threading.Thread(target=wait_fifty_times, args=(one, pause)) for _ in range(THREADS)]
        began = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        say(f"   {one.name:22} {time.monotonic() - began:8.2f}")


def other_forms() -> dict[str, Any]:
    """Return the other ways to use ours."""
    from app.breakers.registry import breaker

    one = breaker("overhead-fleet")

    def standing(function: Any) -> None:
        with one:
            function()

    return {"Quarterdeck, with": standing, "Quarterdeck, decorator": one(run)}


def wait_fifty_times(one: Contestant, pause: threading.Event) -> None:
    for _ in range(50):
        one.call(pause.wait, 0.01)


def report_commands(url: str) -> None:
    say(f"\n3  Redis commands for {SHARED_CALLS:,} calls through a closed breaker, and what a call costs")
    with Redis.from_url(url) as looked:
        for name in SHARING:
            one = MAKERS[name](f"commands-{name}", url, 60)
            one.call(nothing)
            before, began = commands_of(looked), time.monotonic()
            for _ in range(SHARED_CALLS):
                one.call(nothing)
            took = time.monotonic() - began
            threading.Event().wait(1.5)  # what follows in the background counts, too
            sent = commands_of(looked) - before - 1
            say(f"   {one.name:22} {sent:8,}  {sent / SHARED_CALLS:.4f} a call  {took / SHARED_CALLS * 1e6:8.2f} µs")


def commands_of(looked: "Redis") -> int:
    found: Any = looked.info("stats")
    return int(found["total_commands_processed"])


class Fleet:
    """Processes that do the same at the same time, started once: to import everything takes a while."""

    def __init__(self, size: int) -> None:
        context = multiprocessing.get_context("spawn")
        self.meeting, self.results = context.Barrier(size), context.Queue()
        self.orders = [context.Queue() for _ in range(size)]
        self.running = [
            context.Process(target=take_part, args=(orders, self.meeting, self.results), daemon=True)
            for orders in self.orders
        ]
        for process in self.running:
            process.start()

    def run(self, name: str, url: str, calls: str, probes: int = 0) -> list[dict[str, Any]]:
        key = f"fleet-{name}-{time.monotonic_ns()}"
        for orders in self.orders:
            orders.put((name, key, url if name in SHARING else None, calls, probes))
        return [self.results.get(timeout=PATIENCE_S) for _ in self.running]


def report_fleets(size: int, url: str) -> None:
    fleet = Fleet(size)
    say(
        f"\n4  {size} processes told to open at ten: calls that reached the dead dependency; open when, within {WATCH_S:.0f} s"
    )
    for name in FLEETS:
        nine, sixty = fleet.run(name, url, "f" * 9), fleet.run(name, url, "fsffs" * 4)
        say(f"   {name:15} 9 failures each: {told(nine)}   60 % of 20: {told(sixty)}")
    say(f"\n5  Probes that got through, {size} processes of 20 threads; ten are permitted where that can be said")
    for name in FLEETS:
        say(f"   {name:15} {sum(one['probes'] for one in fleet.run(name, url, 'f' * 40, probes=20)):5}")


def told(found: list[dict[str, Any]]) -> str:
    waits = [one["open_s"] for one in found if one["open_s"] is not None]
    when = f"open after {max(waits):.2f} s" if len(waits) == len(found) else "not everywhere"
    return f"{sum(one['reached'] for one in found):4} reached, {len(waits)} of {len(found)} open ({when});"


def take_part(orders: Any, meeting: Any, results: Any) -> None:
    """Be one process: make the calls, then watch for the breaker to open, or probe."""
    add_peers()
    while True:
        name, key, url, calls, probes = orders.get()
        one = MAKERS[name](key, url, WAIT_S)
        meeting.wait(PATIENCE_S)
        reached = sum(try_call(one, nothing if letter == "s" else fail) for letter in calls)
        open_s = None if probes else watch(one, time.monotonic())
        meeting.wait(PATIENCE_S)
        results.put({"reached": reached, "open_s": open_s, "probes": probe(one, probes) if probes else 0})


def watch(one: Contestant, began: float) -> float | None:
    """Look every 10 ms, without calling."""
    pause = threading.Event()
    while time.monotonic() - began < WATCH_S:
        pause.wait(0.01)
        if one.is_open():
            return time.monotonic() - began
    return None


def probe(one: Contestant, threads: int) -> int:
    """Wait until the breaker would let probes in, then call from all threads at once; return how many got through."""
    threading.Event().wait(WAIT_S + 0.3)
    through: list[bool] = []
    stay = threading.Event()
    start = threading.Barrier(threads)

    def call() -> None:
        start.wait(30)
        through.append(try_call(one, stay.wait, 1.0))

    running = [threading.Thread(target=call) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return sum(through)


def try_call(one: Contestant, function: Any, *args: Any) -> bool:
    """Return whether the call was made."""
    try:
        one.call(function, *args)
    except Broken:
        return True
    except one.refusal:
        return False
    return True
