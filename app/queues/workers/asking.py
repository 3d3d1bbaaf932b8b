"""Asking every worker: one broadcast a question, all at once, each with a limit of its own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import structlog
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from app.extensions import celery
from app.queues.workers.model import Running, WorkerFacts

log = structlog.get_logger(__name__)
Answers = dict[str, Any]  # Any: whatever a worker says, by its node
LIMIT_S = 1.5
QUESTIONS = ("stats", "active", "reserved", "scheduled", "active_queues", "about")
# What hardly changes is asked once in a while, and of a worker that is new.
SELDOM = ("registered", "conf")
CONF = (
    "task_acks_late", "task_reject_on_worker_lost", "task_retry_on_worker_lost", "worker_prefetch_multiplier",
    "task_time_limit", "task_soft_time_limit", "worker_soft_shutdown_timeout", "worker_max_tasks_per_child",
    "worker_max_memory_per_child", "task_create_missing_queues", "worker_send_task_events",
)  # fmt: skip


def ask(*questions: str) -> dict[str, Answers]:
    """Return question → node → answer. Who does not answer in time is missing; no broker, no answers."""
    with ThreadPoolExecutor(len(questions), thread_name_prefix="ask-workers") as threads:
        return dict(zip(questions, threads.map(_ask_one, questions), strict=True))


def _ask_one(question: str) -> Answers:
    try:
        # A connection of its own: questions wait for their answers beside each other.
        with celery.connection_for_write() as connection:
            inspect = celery.control.inspect(timeout=LIMIT_S, connection=connection)
            method: Callable[[], Any] | None = getattr(inspect, question, None)
            said = method() if method is not None else inspect._request(question)  # noqa: SLF001 (for commands of ours)
    except (OperationalError, RedisError, OSError) as error:
        log.warning("workers not asked", question=question, error=str(error))
        return {}
    answers: Answers = said if isinstance(said, dict) else {}
    return {node: answer for node, answer in answers.items() if not _is_error(answer)}


def _is_error(answer: Any) -> bool:  # Any: as above
    return isinstance(answer, dict) and set(answer) == {"error"}


def facts_of(node: str, told: dict[str, Answers], now: float) -> WorkerFacts:
    """Return what a worker said of itself."""
    stats = told["stats"].get(node) or {}
    pool, about = stats.get("pool") or {}, told["about"].get(node) or {}
    processes = [pid for pid in pool.get("processes") or [] if isinstance(pid, int)]
    return WorkerFacts(
        node=node, seen_at=now, answered_at=now, pid=int(stats.get("pid") or 0),
        pool=str(pool.get("implementation") or "").partition(":")[0].rpartition(".")[2],
        slots=slots_of(pool), pids=processes or [int(stats.get("pid") or 0)],
        scale=_scale(stats.get("autoscaler")),
        queues=sorted(queue["name"] for queue in told["active_queues"].get(node) or []),
        running=sorted((_running(one) for one in told["active"].get(node) or []), key=lambda one: one.started_at or 0),
        prefetched=[_running(one) for one in told["reserved"].get(node) or []],
        scheduled=len(told["scheduled"].get(node) or []),
        release=str(about.get("release") or ""),
        host=str(about.get("host") or node.rpartition("@")[2].split(".")[0]), is_stopping=bool(about.get("is_stopping")),
        memory_bytes=int(about.get("memory_bytes") or _peak_bytes(stats)), uptime_s=int(stats.get("uptime") or 0),
        done=sum(int(count) for count in (stats.get("total") or {}).values()),
    )  # fmt: skip


def slots_of(pool: Answers) -> int:
    """Return how many jobs a pool can run: its processes that are there, since what it was started with may be gone."""
    processes = pool.get("processes")
    return len(processes) if isinstance(processes, list) else int(pool.get("max-concurrency") or 0)


def _peak_bytes(stats: Answers) -> int:
    rusage = stats.get("rusage")
    return int(rusage.get("maxrss") or 0) * 1024 if isinstance(rusage, dict) else 0


def _scale(autoscaler: Any) -> list[int] | None:  # Any: as above
    if not isinstance(autoscaler, dict) or "max" not in autoscaler:
        return None
    return [int(autoscaler.get("min") or 0), int(autoscaler["max"])]


def _running(told: Answers) -> Running:
    """Read one task as `active` lists it: our messages carry the company and the job's id."""
    args: Any = told.get("args")
    ours = isinstance(args, list | tuple) and len(args) == 2 and isinstance(args[0], int) and args[1] == told.get("id")  # noqa: PLR2004
    return Running(
        job_id=str(told.get("id")), name=str(told.get("name") or told.get("type")),
        company_id=args[0] if ours else None, started_at=told.get("time_start"), pid=told.get("worker_pid"),
    )  # fmt: skip


def safe_conf(conf: Answers) -> Answers:
    """Return those settings of a worker that say whether jobs are safe with it; addresses stay out."""
    return {name: conf[name] for name in CONF if name in conf}
