"""Burst: what company B's sockets wait while company A bursts 5,000 events a second, beside what they wait in peace."""

from typing import Any

from bench.live_commit import waits
from bench.live_ears import Ears, pause
from bench.live_figures import delays, table
from bench.live_place import Place
from bench.live_writers import Load, Writer, Written

B_RATE = 50
PER_COMMIT = 50
SETTLE_S = 3.0
A_PAGES, B_SEATS = 5, 10


def measure(place: Place, *, rate: int, seconds: int, runs: int) -> list[dict[str, Any]]:
    """Measure B quiet, B while A bursts, and again."""
    noisy, calm = place.company()[0], place.company()[0]
    seats = place.seats(calm, B_SEATS) + place.seats(noisy, A_PAGES, pages=True) + place.seats(noisy, 1)
    rows = []
    with Ears(seats) as ears, Writer(place) as of_a, Writer(place) as of_b:
        for run in range(1, runs + 1):
            p99 = 0.0
            for number, a_rate in enumerate((0, rate)):
                first = (2 * run + number) * 1_000_000
                if a_rate:
                    of_a.start(Load([noisy.company_id], a_rate, seconds, PER_COMMIT, first=10**9 + first))
                written = of_b.write(Load([calm.company_id], B_RATE, seconds, first=first))
                burst = of_a.finish() if a_rate else None
                pause(SETTLE_S)
                rows.append({"run": run, "B": "while A bursts" if a_rate else "quiet", **figures(ears, written, burst)})
                rows[-1]["times quiet"] = round(rows[-1]["p99 ms"] / p99, 2) if p99 else ""
                p99 = rows[-1]["p99 ms"]
    table(f"Burst: A writes {rate:,} events/s, B {B_RATE}/s to {B_SEATS} sockets", rows)
    return rows


def figures(ears: Ears, written: Written, burst: Written | None) -> dict[str, Any]:
    """Return what B's sockets waited, and how fast A really was."""
    heard = ears.collect()
    mine = [number for number, seat in enumerate(heard.seats) if seat < B_SEATS]
    for name in ("seats", "steps", "made", "at"):
        column = getattr(heard, name)
        setattr(heard, name, [column[number] for number in mine])
    waited = waits(heard, written, 0) + waits(heard, written, 1)
    return {
        "A written/s": round(len(burst.committed) / burst.took_s) if burst else 0,
        "deliveries": len(waited), "lost": len(written.committed) * B_SEATS - len(waited), **delays(waited),
    }  # fmt: skip
