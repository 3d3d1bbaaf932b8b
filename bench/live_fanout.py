"""Fan-out: 50 rooms of 20 sockets, 500 events a second, beside npm socket.io in the same run.

Ours is the product's own road: the driver appends each fact to the Valkey stream as the relay does; the hub of one
gunicorn gevent worker reads it, checks its position, finds the room, and every socket was let in by a session's
cookie. The peer emits in its own process, with no stream and no session before it. Both: WebSocket only, no
compression, the same payload, the same process that listens.
"""

import time
from collections.abc import Callable
from typing import Any

from app.core import tail
from app.core.clock import now, rfc3339
from app.core.events_log import Key, Logged
from app.core.ids import new_ulid
from app.core.redis import connect
from bench.live_ears import Ears, Seat, pause
from bench.live_facts import PAD, TOPIC, micros
from bench.live_figures import delays, table
from bench.live_peer import running_peer
from bench.live_place import Place, cpu_s, key_of, rss_kb

ROOMS = 50
SETTLE_S = 2.0
PEOPLE = 4


def measure(place: Place, *, sockets: int, rate: int, seconds: int, runs: int) -> list[dict[str, Any]]:
    """Measure ours and the peer in turn, several times."""
    rows = []
    for run in range(1, runs + 1):
        rows.append({"run": run, "server": "Quarterdeck", **measure_ours(place, sockets, rate, seconds)})
        with running_peer() as peer:
            if peer is None:
                continue
            seats = [Seat(peer.url, {}, {"room": number % ROOMS}) for number in range(sockets)]
            figures = hear(seats, peer.pid, rate * seconds * sockets // ROOMS, lambda: peer.run(ROOMS, rate, seconds))
            rows.append({"run": run, "server": peer.name, **figures})
    table(f"Fan-out: {sockets:,} sockets in {ROOMS} rooms, {rate} events/s", rows)
    return rows


def measure_ours(place: Place, sockets: int, rate: int, seconds: int) -> dict[str, Any]:
    """Let new companies listen in one worker, and tell them facts through the stream."""
    seats: list[Seat] = []
    keys: list[Key] = []
    for _ in range(ROOMS):
        people = place.company(PEOPLE)
        keys.append(key_of(people[0]))
        for person in people:
            seats += place.seats(person, sockets // ROOMS // PEOPLE)
    pid = place.held()["pid"]
    return hear(seats, pid, rate * seconds * len(seats) // ROOMS, lambda: drive(place, keys, rate, seconds))


def hear(seats: list[Seat], pid: int, expected: int, drive_it: Callable[[], object]) -> dict[str, Any]:
    """Open the seats, drive, and return the figures of one run."""
    empty_kb = rss_kb(pid)
    with Ears(seats) as ears:
        pause(SETTLE_S)
        idle_kb = rss_kb(pid)
        before_s, ears_before_s, began = cpu_s(pid), ears.collect().cpu_s, time.monotonic()
        drive_it()
        pause(SETTLE_S)
        server_s, took_s = cpu_s(pid) - before_s, time.monotonic() - began
        heard = ears.collect()
        after_kb = rss_kb(pid)
        ears_s = heard.cpu_s - ears_before_s
    waited = [(at - made) / 1000 for at, made in zip(heard.at, heard.made, strict=True)]
    return {
        "deliveries": len(waited), "lost": expected - len(waited), **delays(waited),
        "CPU µs/delivery": round(server_s / max(len(waited), 1) * 1e6, 1),
        "KB/socket idle": round((idle_kb - empty_kb) / len(seats), 1),
        "after": round((after_kb - empty_kb) / len(seats), 1), "listener busy": f"{ears_s / took_s:.0%}",
    }  # fmt: skip


def drive(place: Place, keys: list[Key], rate: int, seconds: int) -> None:
    """Append facts to the stream, one at a time, as the relay does."""
    client = connect(place.settings, timeout_s=2)
    seqs = dict.fromkeys(keys, 0)
    began = time.monotonic()
    for step in range(rate * seconds):
        pause(max(0.0, began + step / rate - time.monotonic()))
        key = keys[step % len(keys)]
        seqs[key] += 1
        event_id = new_ulid()
        data = {"number": step % 50, "at": micros(), "step": step, "pad": PAD}
        event = {"id": event_id, "seq": seqs[key], "data": data, "time": rfc3339(now()), "type": "bench.told"}
        fact = Logged(key[0], TOPIC, seqs[key], "bench.told", event_id, str(step % 50), step, None, event)
        tail.write_tail(client, [fact], again=False)
