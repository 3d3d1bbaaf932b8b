"""Rules about settings: they can be judged before anything runs."""

from collections.abc import Callable

from app.core.broker import VISIBILITY_S, is_valkey
from app.queues.lint.model import Conf, Judged, Standing, Surroundings, kept, listed, rule

AWAY = "The broker did not answer, or refuses CONFIG GET."


def is_redis(conf: Conf) -> bool:
    """Say whether the broker is Valkey or Redis."""
    return is_valkey(str(conf.get("broker_url") or ""))


def visibility_s(conf: Conf) -> float:
    """Return after how long Valkey gives a taken message to another worker."""
    return float((conf.get("broker_transport_options") or {}).get("visibility_timeout", 3600))


def offenders(around: Surroundings, is_bad: Callable[[Conf], bool]) -> list[str]:
    """Return whose settings break a rule."""
    return [who for who, conf in around.confs() if is_bad(conf)]


@rule(
    "time-limit",
    "Every job's time limit is shorter than the visibility timeout",
    "A message that a worker holds for longer is given to a second worker while the first still runs.",
    at_start=True,
    refuses=True,
)
def check_time_limit(around: Surroundings) -> Judged:
    """Compare the longest run with when the broker loses patience."""
    patience_s = visibility_s(around.conf)
    if not is_redis(around.conf):
        return kept("The broker is not Redis: it has no visibility timeout.")
    limits = {who: conf.get("task_time_limit") for who, conf in around.confs()} | dict(around.time_limits_s)
    endless = [who for who, limit in limits.items() if not limit]
    if endless:
        fix = f"Set task_time_limit below {patience_s:.0f}."
        return Judged(Standing.DANGER, f"No time limit holds for {listed(endless)}.", fix)
    who, longest = max(limits.items(), key=lambda pair: float(pair[1] or 0))
    if float(longest or 0) >= patience_s:
        return Judged(
            Standing.DANGER,
            f"{who} may run {longest} s, and after {patience_s:.0f} s its message is given to another worker.",
            f"Set broker_transport_options visibility_timeout above {longest}, or the time limit below {patience_s:.0f}.",
        )
    return kept(f"The longest limit is {longest} s, the visibility timeout {patience_s:.0f} s.")


@rule(
    "eviction",
    "Valkey evicts nothing",
    "A full Valkey that evicts drops messages and sessions without a word.",
    at_start=True,
    refuses=True,
)
def check_eviction(around: Surroundings) -> Judged:
    """Read maxmemory-policy."""
    if not is_redis(around.conf):
        return kept("The broker is not Redis: nothing is evicted.")
    if around.eviction is None:
        return Judged(
            Standing.UNKNOWN, AWAY, "Set maxmemory-policy noeviction; let CONFIG GET be asked to have it checked."
        )
    if around.eviction == "noeviction":
        return kept("maxmemory-policy is noeviction.")
    is_live = around.environment == "production"
    bound = f"{around.max_memory:,} bytes" if around.max_memory else "no bound of memory yet"
    return Judged(
        Standing.DANGER if is_live else Standing.WARNING,
        f"maxmemory-policy is {around.eviction}, with {bound}.",
        "Set maxmemory-policy noeviction.",
    )


@rule(
    "acks-late",
    "A message is answered for when its job has ended",
    "Answered for at its start, it is gone with a killed worker; the job then waits for its lease to run out.",
    at_start=True,
)
def check_acks_late(around: Surroundings) -> Judged:
    """Read task_acks_late."""
    bad = offenders(around, lambda conf: not conf.get("task_acks_late"))
    if bad:
        return Judged(Standing.WARNING, f"task_acks_late is off in {listed(bad)}.", "Set task_acks_late = True.")
    return kept("task_acks_late is on.")


@rule(
    "worker-lost",
    "A job that kills its worker is not handed on without end",
    "task_reject_on_worker_lost has no limit: a job that needs too much memory kills one child after another.",
    at_start=True,
)
def check_worker_lost(around: Surroundings) -> Judged:
    """Read the settings about lost children."""
    bad = offenders(around, lambda conf: bool(conf.get("task_reject_on_worker_lost")))
    if bad:
        found = f"task_reject_on_worker_lost is on in {listed(bad)}."
        return Judged(Standing.DANGER, found, "Leave it off; task_retry_on_worker_lost counts against the retries.")
    return kept("task_reject_on_worker_lost is off; attempts are counted in the ledger.")


@rule(
    "prefetch",
    "Workers take one message for each slot",
    "What a busy worker took ahead waits behind a long job while others idle, and runs in spite of a pause.",
    at_start=True,
)
def check_prefetch(around: Surroundings) -> Judged:
    """Read worker_prefetch_multiplier."""
    bad = offenders(around, lambda conf: conf.get("worker_prefetch_multiplier") != 1)
    if bad:
        found = f"worker_prefetch_multiplier is not 1 in {listed(bad)}."
        return Judged(Standing.WARNING, found, "Set worker_prefetch_multiplier = 1.")
    return kept("worker_prefetch_multiplier is 1.")


@rule(
    "soft-shutdown",
    "A worker that is stopped gives its jobs back in time",
    "Killed at the end of its grace it leaves them to the lease: they go on most of a minute later.",
    at_start=True,
)
def check_soft_shutdown(around: Surroundings) -> Judged:
    """Read worker_soft_shutdown_timeout, and in a worker what TERM means."""
    bad = offenders(around, lambda conf: not conf.get("worker_soft_shutdown_timeout"))
    if bad:
        return Judged(
            Standing.WARNING,
            f"worker_soft_shutdown_timeout is 0 in {listed(bad)}.",
            "Set worker_soft_shutdown_timeout to less than the grace of whoever stops the worker.",
        )
    if around.environ is not None and around.environ.get("REMAP_SIGTERM") != "SIGQUIT":
        return Judged(
            Standing.NOTE,
            "TERM lets running jobs end however long they take; the soft shutdown begins with QUIT.",
            "Set REMAP_SIGTERM=SIGQUIT for workers whose supervisor kills after a grace.",
        )
    return kept(f"It has {around.conf.get('worker_soft_shutdown_timeout')} s.")


@rule(
    "known-queues",
    "A message for a queue nobody declared is refused",
    "With task_create_missing_queues a name with a typing error makes a queue that no worker ever reads.",
    at_start=True,
)
def check_known_queues(around: Surroundings) -> Judged:
    """Read task_create_missing_queues."""
    bad = offenders(around, lambda conf: bool(conf.get("task_create_missing_queues", True)))
    if bad:
        return Judged(Standing.WARNING, "Missing queues are made silently.", "Set task_create_missing_queues = False.")
    return kept("Queues are declared one by one.")


@rule(
    "events",
    "Workers tell what they do",
    "Without task events the workers' own monitors, and anybody's beside ours, see nothing. Our figures need none.",
    at_start=True,
)
def check_events(around: Surroundings) -> Judged:
    """Read worker_send_task_events."""
    bad = offenders(around, lambda conf: not conf.get("worker_send_task_events", True))
    if bad:
        found = f"worker_send_task_events is off in {listed(bad)}."
        return Judged(Standing.NOTE, found, "Set worker_send_task_events = True, or start workers with -E.")
    return kept("worker_send_task_events is on; waits and runs are measured in the ledger for every job.")


@rule(
    "broker",
    "The broker keeps what it was given",
    "Valkey's lists can lose a message between two of their steps. The ledger rings again; a bare Celery would not know.",
    at_start=True,
)
def check_broker(around: Surroundings) -> Judged:
    """Say what the broker is, and what follows."""
    conf = around.conf
    if is_redis(conf):
        return kept(
            f"Valkey or Redis: delivery is at least once, by the ledger. A taken message comes back after "
            f"{visibility_s(conf) or VISIBILITY_S:.0f} s, a lost job when its ring is due."
        )
    queues = conf.get("task_queues") or ()
    classic = [one.name for one in queues if (one.queue_arguments or {}).get("x-queue-type") != "quorum"]
    if classic:
        return Judged(
            Standing.WARNING,
            f"RabbitMQ with queues that are not quorum queues: {listed(classic)}.",
            "Declare them with x-queue-type quorum (docs/operations.md).",
        )
    return kept("RabbitMQ with quorum queues.")
