"""Commit to screen: how long a committed fact takes to every socket that listens, and what it costs.

    bin/bench live --rate 100 --seconds 10 --sockets 40

Starts its own PostgreSQL, Valkey, gunicorn with two workers and a relay. Sockets listen in a process of
their own; both read the machine's monotonic clock.
"""

import argparse
import json
import multiprocessing
import tempfile
import threading
import time
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any

from app import create_app
from app.core.context import acting_as
from app.core.db import transaction
from app.core.embedded.ports import find_free_port
from app.core.outbox import record
from app.core.tenancy import acting_for
from tests import stage
from tests.realtime.ear import cookie_of
from tests.realtime.lanterns import LanternLit
from tests.realtime.wire import RawSocket
from tests.services import running_services
from tests.site import Site
from tests.world import Person, World, kept_superuser

ROWS = 50


def listen(url: str, cookie: str, sockets: int, ready: Any, found: "Queue[Any]") -> None:
    """Hear with many sockets, half as pages and half as scripts; hand over what was heard when told to stop."""
    heard: list[tuple[str, int, int, float]] = []
    opened = []
    for number in range(sockets):
        raw = RawSocket(url, {"Cookie": cookie})
        raw.connect({"topics": {"lanterns": 0}, "rows": number % 2 == 0})
        assert raw.hear_event(), "refused"
        opened.append(raw)
        threading.Thread(target=_hear, args=(number, raw, heard), daemon=True).start()
    ready.set()
    found.get()  # told to stop
    found.put(heard)


def _hear(number: int, raw: RawSocket, heard: list[tuple[str, int, int, float]]) -> None:
    while (event := raw.hear_event()) is not None:
        at = time.monotonic()
        name, data = event
        if name == "lantern.lit":
            heard.append(("script", number, data["data"]["step"], at))
        elif name == "rows":
            heard.extend(("page", number, row["version"], at) for row in data["rows"])


def write(person: Person, rate: int, seconds: int) -> dict[int, float]:
    """Commit `rate` facts a second and return when each was committed."""
    committed: dict[int, float] = {}
    began, pause = time.monotonic(), threading.Event()
    with person.app.app_context(), acting_for(person.company_id), acting_as({"kind": "system", "name": "bench"}):
        for step in range(1, rate * seconds + 1):
            pause.wait(max(0.0, began + step / rate - time.monotonic()))
            with transaction():
                record(LanternLit(number=14 + step % ROWS, step=step), version=step)
            committed[step] = time.monotonic()
    return committed


def percentile(values: list[float], share: float) -> float:
    """Return a percentile in milliseconds."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] * 1000 if values else float("nan")


def report(kind: str, delays: list[float], expected: int | None) -> dict[str, Any]:
    """Print and return one line of figures."""
    figures = {"kind": kind, "deliveries": len(delays), "lost": None if expected is None else expected - len(delays)}
    figures |= {f"p{int(share * 100)}_ms": round(percentile(delays, share), 1) for share in (0.5, 0.95, 0.99)}
    figures["max_ms"] = round(max(delays, default=float("nan")) * 1000, 1)
    print(json.dumps(figures))
    return figures


def measure(rate: int, seconds: int, sockets: int) -> list[dict[str, Any]]:
    """Run the measurement and return its lines."""
    with running_services() as services, tempfile.TemporaryDirectory() as folder:
        urls = services.create_database()
        environment = stage.environment_for(urls, services.redis_url, Path(folder))
        stage.migrate(urls, services.redis_url, Path(folder))
        app = create_app(stage.settings_from(environment))
        world = World(app, kept_superuser(services.superuser_url(urls["DATABASE_URL"].rpartition("/")[2])))
        port = find_free_port()
        site = Site(f"http://127.0.0.1:{port}", {**environment, "PORT": str(port), "WEB_WORKERS": "2"}, Path(folder))
        try:
            site.start("web", "gunicorn", "-c", "gunicorn.conf.py", "tests.realtime.lantern_wsgi:app")
            site.start_relay()
            site.wait_until_ready()
            return _measure(site, world.harbour("company_admin"), rate, seconds, sockets)
        finally:
            site.stop()


def _measure(site: Site, person: Person, rate: int, seconds: int, sockets: int) -> list[dict[str, Any]]:
    context = multiprocessing.get_context("spawn")
    ready, found = context.Event(), context.Queue()
    listener = context.Process(target=listen, args=(site.url, cookie_of(person), sockets, ready, found))
    listener.start()
    assert ready.wait(60), "the sockets did not open"
    committed = write(person, rate, seconds)
    threading.Event().wait(2)
    found.put("stop")
    heard = found.get(timeout=60)
    listener.join()
    scripts = sockets // 2
    delays = {"script": [], "page": []}  # type: dict[str, list[float]]
    for kind, _, step, at in heard:
        delays[kind].append(max(at - committed[step], 0.0))
    return [
        report("script", delays["script"], scripts * rate * seconds),
        report("page", delays["page"], None),
    ]


def main(arguments: list[str] | None = None) -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(prog="bin/bench live", description=__doc__)
    parser.add_argument("--rate", type=int, default=100, help="facts committed a second")
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--sockets", type=int, default=40, help="half pages, half scripts, of one company")
    chosen = parser.parse_args(arguments)
    measure(chosen.rate, chosen.seconds, chosen.sockets)


if __name__ == "__main__":
    main()
