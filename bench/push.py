"""From a saved flag to the processes that answer by it: `bin/bench push --processes 8 --saves 50`, beside bin/up.

It uses a flag of its own in the environment this installation answers from, and archives it at the end.
"""

import argparse
import json
import subprocess
import sys
import time
from statistics import median

from app import create_app, flags
from app.core.ids import new_ulid
from app.core.installation import installation
from app.flags import service

READY = "ready"


def main() -> None:
    """Measure with Valkey, then without."""
    parser = argparse.ArgumentParser(prog="bin/bench push")
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--saves", type=int, default=50)
    parser.add_argument("--listen", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.listen:
        listen(options.listen)
        return
    app = create_app()
    key = f"bench-{new_ulid().lower()}"
    with app.app_context(), installation():
        service.create_flag(key, {"description": "Measures how fast a save arrives."})
        try:
            measure(key, options.processes, options.saves)
        finally:
            service.archive_flag(key)


def measure(key: str, processes: int, saves: int) -> None:
    """Save again and again, and print how long it took until each process answered by it."""
    command = [sys.executable, "-m", "bench", "push", "--listen", key]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(processes)]
    try:
        for one in running:
            wait_for_line(one, READY)
        waits: list[float] = []
        for number in range(saves):
            began_at = time.time()
            service.set_percentage(key, number + 1)
            waits += [json.loads(wait_for_line(one, "{"))["at"] - began_at for one in running]
        waits.sort()
        last = waits[min(len(waits) - 1, int(len(waits) * 0.99))]
        print(f"{saves} saves x {processes} processes: p50 {median(waits) * 1000:.0f} ms, p99 {last * 1000:.0f} ms,")
        print(f"worst {waits[-1] * 1000:.0f} ms from the beginning of the save (wanted: p99 <= 250 ms)")
    finally:
        for one in running:
            one.kill()
            one.wait()


def wait_for_line(process: "subprocess.Popen[str]", start: str) -> str:
    """Return the next line that begins so; a process also writes its log."""
    if process.stdout is None:
        raise RuntimeError("the process was started without a pipe")
    for line in process.stdout:
        if line.startswith(start) and '"event"' not in line:
            return line
    raise RuntimeError("a listening process ended")


def listen(key: str) -> None:
    """Say when this process answers by each change of a flag."""
    app = create_app()
    with app.app_context():
        while flags.status().source != "database":
            time.sleep(0.1)
        flags.on_change(lambda keys: print(json.dumps({"at": time.time()}), flush=True) if key in keys else None)
        print(READY, flush=True)
        while True:
            time.sleep(60)
