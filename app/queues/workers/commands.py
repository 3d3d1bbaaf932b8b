"""Remote commands that our workers know beside Celery's own. Imported inside a worker only."""

import os
import signal
import threading
from pathlib import Path
from typing import Any

from celery.worker import state as worker_state
from celery.worker.control import control_command, inspect_command
from celery.worker.control import pool_shrink as shrink_pool  # type: ignore[attr-defined]  # the stubs lack it

from app.core import process
from app.core.present import plural
from app.queues.workers.asking import slots_of
from config import settings

REPLY_S = 0.5


@inspect_command()
def about(state: Any, **_: Any) -> dict[str, Any]:  # Any: Celery's panel state
    """Say what Celery's own figures lack: the release, and memory of the parent and its children."""
    pool = state.consumer.pool
    pids = [
        os.getpid(),
        *(getattr(child, "pid", 0) for child in getattr(getattr(pool, "_pool", None), "_pool", [])),
    ]
    return {
        "release": settings().release,
        "host": process.label().split(":")[1],
        "memory_bytes": sum(memory_of(pid) for pid in dict.fromkeys(pids) if isinstance(pid, int)),
        "is_stopping": worker_state.should_stop is not None or worker_state.should_terminate is not None,
    }


@control_command()
def stop_soft(state: Any, **_: Any) -> dict[str, str]:  # Any: as above
    """Take no more jobs, give the running ones a while, give back what is left, and end.

    Celery's `shutdown` answers nobody. This one answers first, and then does what the signal does.
    """
    wait_s = state.app.conf.worker_soft_shutdown_timeout
    threading.Timer(REPLY_S, os.kill, (os.getpid(), signal.SIGQUIT)).start()
    return {"ok": f"ends; what runs has {wait_s:g} s, then it is given back"}


@control_command(args=[("n", int)], signature="[N=1]")
def pool_shrink(state: Any, n: int = 1, **_: Any) -> dict[str, str]:  # Any: as above
    """Shrink the pool as Celery does, but never to nothing: Celery would go on taking jobs and run none."""
    there = slots_of(state.consumer.pool.info)
    if n >= there:
        return {"error": f"it has {plural(there, 'slot')} and keeps at least one"}
    told: dict[str, str] = shrink_pool(state, n)
    return told


def memory_of(pid: int) -> int:
    """Return the memory a process holds, each page divided by those who share it; 0 where the system does not say.

    Children of a fork share most of theirs: summed by resident size they look three times as large as they are.
    """
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
