"""Stalled: 100 clients that stop reading while events flow; what the worker holds before, during and afterwards."""

import time
from typing import Any

from bench.live_ears import Ears, pause
from bench.live_figures import delays, table
from bench.live_place import Place, rss_kb
from bench.live_writers import Load, Writer

READERS = 10
GONE_LIMIT_S = 60.0
SECONDS = 30  # longer than a ping that is not answered is waited for
SETTLE_S = 3.0


def measure(place: Place, *, stalled: int, rate: int) -> list[dict[str, Any]]:
    """Open clients that never read again beside some that do, and write until the first are gone."""
    person = place.company()[0]
    rows = []
    with Writer(place) as writer, Ears(place.seats(person, READERS)) as ears:
        warm = writer.write(Load([person.company_id], rate, 5))
        pause(SETTLE_S)
        ears.collect()
        rows.append(look("readers alone", place))
        with Ears(place.seats(person, stalled, reads=False)):
            rows.append(look("stalled connected", place))
            writer.start(Load([person.company_id], rate, SECONDS, first=len(warm.committed)))
            most_kb, gone_s = watch(place, READERS)
            written = writer.finish()
            rows.append(
                look("after the flood", place) | {"most RSS MB": round(most_kb / 1024, 1), "gone after s": gone_s}
            )
        pause(SETTLE_S)
        heard = ears.collect()
        waited = [max(at - written.committed[step], 0) / 1000 for step, at in zip(heard.steps, heard.at, strict=True)]
        lost = len(written.committed) * READERS - len(waited)
        rows.append(look("at the end", place) | {"lost to readers": lost, **delays(waited)})
    table(f"Stalled: {stalled} clients stop reading, {rate} events/s", rows)
    return rows


def watch(place: Place, readers: int) -> tuple[int, float | None]:
    """Return the most memory the worker had, and when only the readers were left."""
    pid, began, most_kb = place.held()["pid"], time.monotonic(), 0
    gone_s: float | None = None
    while (waited_s := time.monotonic() - began) < SECONDS:
        most_kb = max(most_kb, rss_kb(pid))
        if gone_s is None and place.held()["members"] <= readers:
            gone_s = round(waited_s, 1)
        pause(0.5)
    return most_kb, gone_s


def look(when: str, place: Place) -> dict[str, Any]:
    """Return what the worker holds now."""
    held = place.held()
    return {
        "when": when, "RSS MB": round(rss_kb(held["pid"]) / 1024, 1), "greenlets": held["greenlets"],
        "members": held["members"], "sockets": held["sockets"],
    }  # fmt: skip
