"""gunicorn with --preload: the breaker was used in the master, and each worker hears and is heard."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from app.core.embedded.ports import find_free_port
from tests.breakers.fleet.crew import ROOT
from tests.site import wait_for

pytestmark = pytest.mark.slow


def ask(url: str) -> dict[str, Any]:
    with urlopen(url, timeout=10) as answer:  # noqa: S310 (our own address)
        found: dict[str, Any] = json.load(answer)
    return found


def is_up(url: str) -> bool:
    with suppress(OSError):
        return bool(ask(url))
    return False


@pytest.mark.parametrize("worker_class", ["sync", "gthread", "gevent"])
def test_preloaded_workers_open_together(worker_class: str, redis_url: str, name: str, tmp_path: Path) -> None:
    port = find_free_port()
    url = f"http://127.0.0.1:{port}"
    command = ["gunicorn", "--preload", "-w", "2", "-k", worker_class, "-b", f"127.0.0.1:{port}", "--no-control-socket"]
    # Elsewhere, because our own gunicorn.conf.py would be read here.
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "REDIS_URL": redis_url,
        "BREAKER": name,
        "WORKER_CLASS": worker_class,
    }
    master = subprocess.Popen(
        [sys.executable, "-m", *command, "tests.breakers.fleet.forked_wsgi:application"], cwd=tmp_path, env=environment
    )
    try:
        wait_for(lambda: is_up(url), limit_s=60)
        failed: dict[int, int] = {}

        refused: list[int] = []

        def fail() -> bool:
            """Ask until both were asked and calls are refused: who is asked is the system's choice."""
            with ThreadPoolExecutor(4) as several:
                for found in several.map(ask, [f"{url}/fail"] * 8):
                    failed[found["pid"]] = failed.get(found["pid"], 0) + (found["came"] == "failed")
                    refused.extend([found["pid"]] * (found["came"] != "failed"))
            return len(failed) == 2 and (sum(failed.values()) >= 10 or bool(refused))

        states: dict[int, str] = {}

        def all_open() -> bool:
            found = ask(url)
            states[found["pid"]] = found["state"]
            return len(states) == 2 and set(states.values()) == {"OPEN"}

        wait_for(fail, limit_s=60, say=lambda: failed)
        wait_for(all_open, limit_s=20, say=lambda: states)
    finally:
        master.terminate()
        assert master.wait(20) == 0, "they end promptly"
