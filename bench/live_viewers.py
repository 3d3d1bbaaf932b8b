"""Viewers: 20 pages of one company in which 500 events a second happen; what they get, and whether they end right."""

from typing import Any

from bench.live_commit import waits
from bench.live_ears import Ears, pause
from bench.live_facts import ROWS
from bench.live_figures import delays, table
from bench.live_place import Place, cpu_s
from bench.live_writers import Load, Writer

VIEWERS = 20
SETTLE_S = 3.0


def measure(place: Place, *, rate: int, seconds: int, runs: int) -> list[dict[str, Any]]:
    """Measure several times in the same pages."""
    person = place.company()[0]
    pid = place.held()["pid"]
    rows = []
    with Ears(place.seats(person, VIEWERS, pages=True)) as ears, Writer(place) as writer:
        for run in range(1, runs + 1):
            before_s = cpu_s(pid)
            written = writer.write(Load([person.company_id], rate, seconds, first=run * 1_000_000))
            pause(SETTLE_S)
            server_s = cpu_s(pid) - before_s
            heard = ears.collect()
            newest: dict[tuple[int, int], int] = {}
            for seat, step in zip(heard.seats, heard.steps, strict=True):
                newest[seat, step % ROWS] = max(step, newest.get((seat, step % ROWS), 0))
            wanted = {step % ROWS: step for step in written.committed}
            wrong = sum(newest.get((seat, row)) != step for seat in range(VIEWERS) for row, step in wanted.items())
            waited = waits(heard, written, 0) + waits(heard, written, 1)
            rows.append({
                "run": run, "written/s": round(len(written.committed) / written.took_s),
                "deliveries/s": round(heard.messages / written.took_s, 1), "rows that end stale": wrong,
                **delays(waited), "worker busy": f"{server_s / (written.took_s + SETTLE_S):.0%}",
            })  # fmt: skip
    table(f"Viewers: {VIEWERS} pages of one company with {rate} events/s", rows)
    return rows
