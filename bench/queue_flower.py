"""Flower beside us: fed with the events of so many tasks, asked for its pages and its JSON."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from urllib.error import URLError
from urllib.request import urlopen

from celery import Celery

from app.core.embedded.ports import find_free_port
from app.core.ids import new_ulid
from bench.ledger_rows import KINDS
from bench.memory import tree_bytes
from bench.peers import HOME, add_peers
from tests.site import wait_for

Ask = Callable[[str, str, dict[str, str]], None]
TABLE = (
    "/tasks/datatable?draw=1&start=0&length=50&search%5Bvalue%5D=&order%5B0%5D%5Bcolumn%5D=7&order%5B0%5D%5Bdir%5D=desc"
)
TABLE += "".join(f"&columns%5B{n}%5D%5Bdata%5D={name}" for n, name in enumerate(
    ("name", "uuid", "state", "args", "kwargs", "result", "received", "received", "started", "runtime", "worker")))  # fmt: skip


def measure_flower(broker: str, tasks: int, ask: Ask) -> None:
    """Start it, tell it of tasks, and ask."""
    add_peers()
    port = find_free_port()
    command = [sys.executable, "-m", "celery", f"--broker={broker}", "flower", f"--port={port}", "--logging=error",
               f"--max-tasks={tasks}"]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(HOME), "FLOWER_UNAUTHENTICATED_API": "true"}
    flower = subprocess.Popen(command, env=environment)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(lambda: answers(url), limit_s=60)
        before = tree_bytes(flower.pid)
        began = time.monotonic()
        feed(Celery(broker=broker), tasks)
        wait_for(lambda: flower_knows(url), limit_s=300)
        print(f"Flower: {tasks:,} tasks told in {time.monotonic() - began:.0f} s", flush=True)
        for name, path in {"workers": "/workers", "newest tasks": TABLE, "tasks JSON": "/api/tasks?limit=50",
                           "failed tasks JSON": "/api/tasks?limit=50&state=FAILURE", "metrics": "/metrics"}.items():  # fmt: skip
            ask(f"Flower: {name}", f"{url}{path}", {})
        print(f"Flower: RSS {before / 1e6:.0f} MB before, {tree_bytes(flower.pid) / 1e6:.0f} MB after", flush=True)
    finally:
        flower.terminate()
        flower.wait()


def answers(url: str) -> bool:
    """Say whether it can be asked."""
    try:
        with urlopen(f"{url}/healthcheck", timeout=2) as answer:  # noqa: S310 (our own process)
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def flower_knows(url: str) -> bool:
    """Say whether the last task was heard of."""
    with urlopen(f"{url}/api/tasks?limit=1&taskname=bench.last", timeout=60) as answer:  # noqa: S310 (as above)
        return b"bench.last" in answer.read()


def feed(app: Celery, tasks: int) -> None:
    """Send what a worker would tell of tasks that were received, begun and ended."""
    with app.connection_for_write() as connection:
        dispatcher = app.events.Dispatcher(connection, hostname="celery@bench")
        dispatcher.send("worker-online", sw_ident="bench", sw_ver="0", sw_sys="Linux", freq=2)
        for number in range(tasks):
            name = "bench.last" if number == tasks - 1 else KINDS[number % len(KINDS)][0]
            uuid, now = new_ulid(), time.time()
            args = f"(1, {{'order': {number}}})"
            dispatcher.send("task-received", uuid=uuid, name=name, args=args, kwargs="{}", retries=0, timestamp=now)
            dispatcher.send("task-started", uuid=uuid, timestamp=now + 0.01)
            if number % 50 == 7:
                dispatcher.send("task-failed", uuid=uuid, exception="TimeoutError()", traceback="", timestamp=now + 0.4)
            else:
                dispatcher.send("task-succeeded", uuid=uuid, result="None", runtime=0.4, timestamp=now + 0.4)
