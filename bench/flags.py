"""One flag asked 100,000 times, ours beside its peers in one process: `bin/bench flags [--runs 7] [--contexts 100000]`.

The task: 200 flags are loaded. The one that is asked has an allow list of 1,000 targets, then 10 % of the others,
else off. One context in a hundred is on the list. Every contestant gets its contexts ready-made in its own form; a
run asks for all of them in a loop (whoever takes over 50 µs: for a tenth), and the loop is in the figure. Runs take
turns. First each has to show that it turns on 9.5 to 10.5 % of those not on the list, and everybody on it.

Then the draws alone: a million targets against the bounds of chance.
"""

import argparse
import gc
import math
import statistics
import time
from dataclasses import dataclass, field

from app.flags.engine.hashing import place
from app.flags.engine.model import WHOLE
from bench.flag_contestants import CONTESTANTS, Contestant, Task
from bench.peers import add_peers

SLOW_NS = 50_000  # per answer: such a peer is asked for a tenth of the contexts
SHARES = (1, 10, 100, 1_000, 5_000, 10_000, 25_000, 50_000, 75_000, 90_000, 99_000, 99_999, WHOLE)


@dataclass
class Entry:
    """A contestant and what it did."""

    contestant: Contestant
    contexts: list[object]
    share: float
    figures: list[float] = field(default_factory=list)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--runs", type=int, default=7)
    options.add_argument("--contexts", type=int, default=100_000)
    options.add_argument("--targets", type=int, default=1_000_000, help="of the draws")
    given = options.parse_args()
    add_peers()
    task = Task(given.contexts)
    entries = [enter(make(task), task) for make in CONTESTANTS]
    for _ in range(given.runs):
        for entry in entries:
            entry.figures.append(measure(entry.contestant, entry.contexts))
    report(entries)
    report_draws(given.targets)


def enter(contestant: Contestant, task: Task) -> Entry:
    """Check that it does the task, and see how many contexts it can be asked for in reasonable time."""
    listed = sum(map(contestant.answer, contestant.contexts(task.listed)))
    share = sum(map(contestant.answer, contestant.contexts(task.others))) / len(task.others)
    allowed = max(0.005, 4 * math.sqrt(0.1 * 0.9 / len(task.others)))  # fewer contexts than usual leave more to chance
    if listed < len(task.listed) or abs(share - 0.1) > allowed:
        raise SystemExit(f"{contestant.name} does not do the task: {listed} of {len(task.listed)} listed, {share:.2%}.")
    contexts = contestant.contexts(task.targets)
    slow = measure(contestant, contexts[:500]) > SLOW_NS
    return Entry(contestant, contexts[: len(contexts) // 10] if slow else contexts, share)


def measure(contestant: Contestant, contexts: list[object]) -> float:
    """Return nanoseconds per answer over one run."""
    gc.collect()
    gc.disable()
    started = time.perf_counter_ns()
    contestant.run(contexts)
    ended = time.perf_counter_ns()
    gc.enable()
    return (ended - started) / len(contexts)


def report(entries: list[Entry]) -> None:
    ours = statistics.median(entries[0].figures)
    print(f"\n{'':46} {'ns, median':>11} {'fastest':>9} {'slowest':>9} {'× ours':>8}  {'on, of the unlisted'}")
    for entry in entries:
        middle = statistics.median(entry.figures)
        print(
            f"{entry.contestant.name:46} {middle:11,.0f} {min(entry.figures):9,.0f} {max(entry.figures):9,.0f}"
            f" {middle / ours:8.1f}  {entry.share:.2%}"
        )
    native = {one.contestant.name: statistics.median(one.figures) for one in entries if one.contestant.native}
    best = min(native, key=native.__getitem__)
    verdict(f"ours ≤ 1 µs: {ours:,.0f} ns", holds=ours <= 1_000)
    verdict(f"ours ≥ 10 × faster than {best}: {native[best] / ours:.1f} ×", holds=native[best] >= 10 * ours)
    through, theirs = (
        find(entries, f"OpenFeature client, {whose}") for whose in ("our provider", "its InMemoryProvider")
    )
    # Their runs follow each other at once, so that each pair has had the same machine.
    ratio = statistics.median(mine / other for mine, other in zip(through.figures, theirs.figures, strict=True))
    verdict(f"through the OpenFeature client ≤ 1.15 × its InMemoryProvider: {ratio:.2f} ×", holds=ratio <= 1.15)


def find(entries: list[Entry], name: str) -> Entry:
    return next(entry for entry in entries if entry.contestant.name == name)


def verdict(sentence: str, *, holds: bool) -> None:
    print(f"{'holds  ' if holds else 'FAILS  '}{sentence}")


def report_draws(targets: int) -> None:
    """Draw everybody once and hold each share against its binomial bounds; then two flags against each other."""
    places = [place("rollout", f"user-{number}") for number in range(targets)]
    print(f"\n{targets:,} targets drawn; a share may miss by five standard deviations")
    for share in SHARES:
        odds, inside = share / WHOLE, sum(spot < share for spot in places)
        bound = 5 * math.sqrt(targets * odds * (1 - odds))
        verdict(
            f"{odds:9.3%} of them: {inside:,} inside, expected {targets * odds:,.0f} ± {bound:,.0f}",
            holds=abs(inside - targets * odds) <= bound,
        )
    cells = [0] * 100
    for number, spot in enumerate(places):
        cells[spot * 10 // WHOLE * 10 + place("another", f"user-{number}") * 10 // WHOLE] += 1
    chi = sum((cell - targets / 100) ** 2 / (targets / 100) for cell in cells)
    verdict(
        f"two flags are independent: chi-square {chi:.1f} of 99 degrees, at most 180 (p = 0.000001)", holds=chi < 180
    )


if __name__ == "__main__":
    main()
