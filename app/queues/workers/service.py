"""What people tell workers. It lasts until the worker ends: a new one begins as its command line says."""

import re
from typing import Any, Literal

from app.core.broker import QUEUES
from app.core.db import transaction
from app.core.errors import InvalidInput
from app.core.outbox import record
from app.core.present import plural
from app.core.tasks import JOBS
from app.queues.workers.events import WorkersTold
from app.queues.workers.model import Snapshot, WorkerState
from app.queues.workers.problems import LastSlot, NoWorkers, WorkerNotFound
from app.queues.workers.telling import Reply, tell
from app.queues.workers.watch import read_snapshot

EVERY = "every"
MOST_SLOTS, LONGEST_S = 100, 3600
RATE = re.compile(r"^(0|[1-9][0-9]{0,5}(/[smh])?)$")


def change_pool(node: str, change: Literal["grow", "shrink"], slots: int) -> list[Reply]:
    """Give a worker more slots, or fewer. Raises as `order` and `keep_one`, and InvalidInput."""
    check(slots=(1 <= slots <= MOST_SLOTS, f"Give from 1 to {MOST_SLOTS}."))
    if change == "shrink":
        keep_one(node, slots)
    return order(node, change, f"pool_{change}", {"n": slots}, {"slots": slots})


def keep_one(node: str, slots: int) -> None:
    """Refuse to take away the last slot of a worker. It counts again itself, since it may have fewer by now.

    Raises:
        LastSlot: One that is meant has no more slots than that.
    """
    snapshot = read_snapshot()
    meant = targets(node, snapshot)
    for one in snapshot.workers if snapshot else ():
        if one.node in meant and one.slots <= slots:
            raise LastSlot(node=one.node, slots=plural(one.slots, "slot"))


def set_autoscale(node: str, lowest: int, highest: int) -> list[Reply]:
    """Let a worker that was started with autoscaling have so many slots. Raises as `change_pool`."""
    check(
        lowest=(1 <= lowest <= MOST_SLOTS, f"Give from 1 to {MOST_SLOTS}."),
        highest=(lowest <= highest <= MOST_SLOTS, f"Give at least the lowest, and at most {MOST_SLOTS}."),
    )
    values = {"max": highest, "min": lowest}
    return order(node, "autoscale", "autoscale", values, values)


def change_consumers(node: str, change: Literal["add", "cancel"], queue: str) -> list[Reply]:
    """Let a worker take jobs from a queue, or no longer. Raises as `change_pool`."""
    check(queue=(queue in QUEUES, "There is no such queue. Choose one of the list."))
    return order(node, f"{change}-consumer", f"{change}_consumer", {"queue": queue}, {"queue": queue})


def limit_rate(node: str, job: str, rate: str) -> list[Reply]:
    """Let each worker begin a job only so often, such as 10/m; 0 lifts the limit. Raises as `change_pool`."""
    check(job=known(job), rate=(RATE.match(rate) is not None, "Write it as 10/s, 10/m or 10/h; 0 for no limit."))
    return order(node, "rate-limit", "rate_limit", {"task_name": job, "rate_limit": rate}, {"job": job, "rate": rate})


def limit_time(node: str, job: str, soft_s: int, hard_s: int) -> list[Reply]:
    """Let a job run for so long: after `soft_s` it is told to end, after `hard_s` its process is. Raises as `change_pool`."""
    check(
        job=known(job),
        soft_s=(1 <= soft_s < LONGEST_S, f"Give from 1 to {LONGEST_S - 1} seconds."),
        hard_s=(soft_s < hard_s <= LONGEST_S, f"Give more than the first, and at most {LONGEST_S} seconds."),
    )
    values = {"job": job, "softS": soft_s, "hardS": hard_s}
    return order(node, "time-limit", "time_limit", {"task_name": job, "soft": soft_s, "hard": hard_s}, values)


def shut_down(node: str, reason: str) -> list[Reply]:
    """Let a worker take no more jobs, give the running ones a while, give back the rest, and end. Raises as `order`."""
    return order(node, "shutdown", "stop_soft", {}, {}, reason)


def order(
    node: str, act: str, command: str, arguments: dict[str, Any], values: dict[str, Any], reason: str = ""
) -> list[Reply]:  # Any: JSON values
    """Tell one worker, or every one, and keep who told what and what each answered.

    Raises:
        WorkerNotFound: There is none of that name.
        NoWorkers: There is none at all.
        RedisAway: Nobody knows which workers there are.
    """
    nodes = targets(node, read_snapshot())
    replies = tell(nodes, command, **arguments)
    said = {reply.node: f"{reply.outcome}: {reply.text}" for reply in replies}
    with transaction():
        record(WorkersTold(node=node, act=act, values=values, reason=reason, replies=said))
    return replies


def targets(node: str, snapshot: Snapshot | None) -> list[str]:
    """Return the nodes that are meant: one, also when it is silent, or every one that is not.

    Raises:
        WorkerNotFound: There is none of that name.
        NoWorkers: There is none at all.
    """
    workers = snapshot.workers if snapshot else []
    if node == EVERY:
        nodes = [one.node for one in workers if one.state is not WorkerState.SILENT]
        if not nodes:
            raise NoWorkers
        return nodes
    if not any(one.node == node for one in workers):
        raise WorkerNotFound(node=node)
    return [node]


def known(job: str) -> tuple[bool, str]:
    """Return whether there is a job of that name, and what to say when there is none."""
    return job in JOBS, "There is no such job. Choose one of the list."


def check(**fields: tuple[bool, str]) -> None:
    """Refuse fields that cannot be meant.

    Raises:
        InvalidInput: Some cannot.
    """
    errors = [{"field": name, "message": said} for name, (is_good, said) in fields.items() if not is_good]
    if errors:
        raise InvalidInput(errors=errors)
