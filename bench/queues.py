"""Jobs of the ledger beside plain Celery on the same Valkey, and our pages beside Flower.

    bin/bench queues --jobs 2000 --seconds 10 --history 100000

Starts its own PostgreSQL, Valkey, relay and workers. Flower (bench/peers.txt) runs in a process of its own, fed with the
events of as many tasks as our ledger holds jobs.
"""

import argparse
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.request import Request, urlopen

from redis import Redis

from app import create_app
from app.core import clock
from app.core.db import db, transaction
from app.core.embedded.ports import find_free_port
from app.queues.figures import fold, gaps, samples, totals
from bench import queue_jobs
from bench.ledger_rows import fill
from bench.memory import tree_bytes
from bench.queue_changes import measure_changes
from bench.queue_flower import measure_flower
from tests import stage
from tests.realtime.ear import cookie_of
from tests.services import Services, running_services
from tests.site import Site, wait_for
from tests.world import Person, World, kept_superuser

SLOTS, RATE, ASKED = "2", 20, 30


def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(prog="bin/bench queues", description=__doc__)
    parser.add_argument("--jobs", type=int, default=2000, help="for cost and throughput")
    parser.add_argument(
        "--seconds", type=int, default=10, help="of 20 jobs a second, for latency; twice as long for changes"
    )
    parser.add_argument("--history", type=int, default=100_000, help="jobs the pages and Flower know")
    parser.add_argument("--parts", default="jobs,changes,pages,flower", help="some of jobs, changes, pages, flower")
    options = parser.parse_args()
    parts = options.parts.split(",")
    with running_services() as services, tempfile.TemporaryDirectory() as folder:
        site, world = prepare(services, Path(folder))
        place = services.worker_redis_url(2)
        site.environment |= {"PLAIN_BROKER": services.worker_redis_url(1)}
        queue_jobs.plain.conf.broker_url = services.worker_redis_url(1)
        try:
            if "jobs" in parts:
                measure_jobs(site, world.harbour("staff"), place, options.jobs, options.seconds)
            if "changes" in parts:
                measure_changes(site, world.harbour("staff"), place, 2 * options.seconds)
            if "pages" in parts:
                measure_pages(site, world, services, options.history)
            if "flower" in parts:
                measure_flower(services.worker_redis_url(3), options.history, print_asked)
        finally:
            site.stop()
            with world.app.app_context():
                for engine in db.engines.values():
                    engine.dispose()


def prepare(services: Services, folder: Path) -> tuple[Site, World]:
    """Make a database and say how processes are started on it."""
    urls = services.create_database()
    port = find_free_port()
    environment = {
        **stage.environment_for(urls, services.redis_url, folder), "PORT": str(port), "WEB_WORKERS": "2",
        "FLASK_APP": "bench.queue_relay:app", "LOG_LEVEL": "ERROR",
    }  # fmt: skip
    stage.migrate(urls, services.redis_url, folder)
    app = create_app(stage.settings_from(environment))
    world = World(
        app, kept_superuser(services.superuser_url(urls["DATABASE_URL"].rpartition("/")[2].partition("?")[0]))
    )
    return Site(f"http://127.0.0.1:{port}", environment, folder), world


def measure_jobs(site: Site, person: Person, place: str, jobs: int, seconds: int) -> None:
    """Cost, latency and throughput, ours and plain Celery's."""
    done = Redis.from_url(place)
    worker = ("worker", "--concurrency", SLOTS, "--loglevel", "CRITICAL")

    def ours() -> None:
        with person.acting(), transaction():
            queue_jobs.note_ours.enqueue(time.time(), place, title="Measured")

    def plain() -> None:
        queue_jobs.note_plain.delay(time.time(), place)

    kinds: dict[str, tuple[Callable[[], None], Callable[[], object]]] = {
        "ledger": (ours, lambda: (site.start_relay(), site.start("worker", "celery", "-A", "bench.queue_worker", *worker))),
        "plain Celery": (plain, lambda: site.start("plain", "celery", "-A", "bench.queue_jobs:plain", *worker)),
    }  # fmt: skip
    print(f"{'':16}{'enqueue ms p50':>16}{'p95':>8}{'begun after ms p50':>20}{'p95':>8}{'p99':>8}{'jobs/s':>9}")
    for name, (send, start) in kinds.items():
        cost = [timed(send) for _ in range(jobs)]  # nobody works yet: what is sent waits
        began = time.monotonic()
        start()
        wait_for(lambda: done.llen(queue_jobs.DONE) > 0, limit_s=120)
        first = time.monotonic()
        wait_for(lambda: done.llen(queue_jobs.DONE) >= jobs, limit_s=1200)
        rate = (jobs - 1) / (time.monotonic() - first)
        done.delete(queue_jobs.DONE)
        waits = latencies(send, done, seconds)
        print(f"{name:16}{ms(cost, 50):16.2f}{ms(cost, 95):8.2f}{ms(waits, 50):20.1f}{ms(waits, 95):8.1f}{ms(waits, 99):8.1f}"
              f"{rate:9.0f}   (up and done in {time.monotonic() - began:.0f} s)", flush=True)  # fmt: skip
    for name in ("worker", "plain"):
        site.processes.pop(name).terminate()


def latencies(send: Callable[[], None], done: "Redis", seconds: int) -> list[float]:
    """Send at a steady pace; return how long after each the job began."""
    pause, began = threading.Event(), time.monotonic()
    for number in range(RATE * seconds):
        pause.wait(max(0.0, began + number / RATE - time.monotonic()))
        send()
    wait_for(lambda: done.llen(queue_jobs.DONE) >= RATE * seconds, limit_s=300)
    found = [tuple(map(float, one.decode().split(":"))) for one in done.lrange(queue_jobs.DONE, 0, -1)]
    done.delete(queue_jobs.DONE)
    return [started - sent for sent, started in found]


def timed(send: Callable[[], None]) -> float:
    """Return how long a call takes, in seconds."""
    started = time.perf_counter()
    send()
    return time.perf_counter() - started


def ms(values: list[float], percent: int) -> float:
    """Return a percentile in milliseconds."""
    return statistics.quantiles(values, n=100)[percent - 1] * 1000


def measure_pages(site: Site, world: World, services: Services, history: int) -> None:
    """Ask our pages over HTTP, with as many jobs as Flower is given tasks."""
    database = world.app.config["SETTINGS"].database_url.get_secret_value().rpartition("/")[2].partition("?")[0]
    fill(services.superuser_url(database), history, days=2, companies=20, waiting=2000, now=clock.now(), say=len)
    with world.app.app_context():
        now = fold.minute_of(clock.now())
        fold.fold_minutes(fold.hour_of(now) - 48 * fold.HOUR, now + fold.MINUTE)
        samples.keep_figures()
        gaps.catch_up(600)
        totals.keep_totals()
    if "relay" not in site.processes:
        site.start_relay()
    if "web" not in site.processes:
        site.start_web()
    wait_for(site.is_ready, limit_s=300, say=lambda: site.log("web"))
    cookie = cookie_of(world.platform_admin())
    sizes = [tree_bytes(site.processes[name].pid) for name in ("web", "relay")]
    for name, path in {
        "all queues": "/queues", "one queue": "/queues/email", "newest jobs": "/jobs", "failed jobs": "/jobs?state=failed",
        "by argument": "/jobs?args.order=4711", "stats JSON": "/api/queues/stats", "jobs JSON": "/api/jobs?limit=50",
        "metrics": "/metrics",
    }.items():  # fmt: skip
        print_asked(f"ours: {name}", f"{site.url}{path}", {"Cookie": cookie})
    after = [tree_bytes(site.processes[name].pid) for name in ("web", "relay")]
    print(f"ours: RSS {sum(sizes) / 1e6:.0f} MB before, {sum(after) / 1e6:.0f} MB after (2 web workers and their parent "
          f"{after[0] / 1e6:.0f}, relay {after[1] / 1e6:.0f})", flush=True)  # fmt: skip


def print_asked(name: str, url: str, headers: dict[str, str]) -> None:
    """Ask an address often and print how long it took over HTTP."""
    times, size = [], 0
    for _ in range(ASKED + 2):
        started = time.perf_counter()
        with urlopen(Request(url, headers=headers), timeout=120) as answer:  # noqa: S310 (an address of ours)
            size = len(answer.read())
        times.append(time.perf_counter() - started)
    print(f"{name:28}{ms(times[2:], 50):9.1f} ms p50{ms(times[2:], 95):9.1f} ms p95{size / 1000:9.0f} kB", flush=True)


if __name__ == "__main__":
    main()
