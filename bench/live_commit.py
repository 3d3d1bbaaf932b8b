"""Commit to socket: 500 events a second over 50 companies, each its own transaction with a changed row.

The road is the whole one: outbox, relay, event log and audit, Valkey stream, hub, room, socket. Each company has a
script, which gets facts, and a page, which gets rendered rows of its windows.
"""

from typing import Any

from bench.live_ears import Ears, Heard, Seat, pause
from bench.live_figures import delays, table
from bench.live_place import Place
from bench.live_writers import Load, Writer, Written

COMPANIES = 50
SETTLE_S = 3.0


def measure(place: Place, *, rate: int, seconds: int, runs: int) -> list[dict[str, Any]]:
    """Measure several times in the same sockets."""
    people = [place.company()[0] for _ in range(COMPANIES)]
    seats: list[Seat] = []
    for person in people:
        seats += place.seats(person, 1) + place.seats(person, 1, pages=True)
    rows = []
    with Ears(seats) as ears, Writer(place) as writer:
        for run in range(1, runs + 1):
            first = run * 1_000_000
            written = writer.write(Load([person.company_id for person in people], rate, seconds, first=first))
            pause(SETTLE_S)
            heard = ears.collect()
            rows += [{"run": run, **row} for row in figures(heard, written)]
    table(f"Commit to socket: {rate} events/s over {COMPANIES} companies", rows)
    return rows


def figures(heard: Heard, written: Written) -> list[dict[str, Any]]:
    """Return one row for scripts and one for pages."""
    return [
        {
            "socket": name, "written/s": round(len(written.committed) / written.took_s),
            "deliveries": len(waited), "lost": len(written.committed) - len(waited), **delays(waited),
        }
        for name, waited in (("script", waits(heard, written, 0)), ("page", waits(heard, written, 1)))
    ]  # fmt: skip


def waits(heard: Heard, written: Written, parity: int) -> list[float]:
    """Return how long each fact took after its commit, in milliseconds; scripts have even seats and pages odd ones."""
    first_at: dict[tuple[int, int], int] = {}
    for seat, step, at in zip(heard.seats, heard.steps, heard.at, strict=True):
        if seat % 2 == parity:
            first_at.setdefault((seat, step), at)
    return [max(at - written.committed[step], 0) / 1000 for (_, step), at in first_at.items()]
