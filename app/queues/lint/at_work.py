"""Rules about what runs: workers, clocks, and what waits."""

from app.core.present import plural
from app.queues.lint.model import Judged, Standing, Surroundings, kept, listed, rule

SKEW_NOTED_S, SKEW_BAD_S = 0.5, 5.0
UNASKED = "No worker was asked yet; the relay asks every few seconds."


@rule(
    "consumers",
    "Every queue with jobs in it has a worker",
    "Jobs of a queue that no worker reads wait for ever, while the workers' page shows everybody well.",
)
def check_consumers(around: Surroundings) -> Judged:
    """Compare queues that have jobs with those that workers read."""
    if around.workers is None:
        return Judged(Standing.UNKNOWN, UNASKED, "Start the relay.")
    if not around.online:
        standing = Standing.WARNING if around.waiting else Standing.NOTE
        return Judged(standing, "No worker answers.", "Start one: celery -A app.worker worker.")
    read = {queue for one in around.online for queue in one.queues}
    unread = sorted(queue for queue in around.waiting if queue not in read)
    if unread:
        return Judged(
            Standing.WARNING,
            f"Jobs wait and no worker reads {listed(unread)}.",
            f"Start a worker with -Q {','.join(unread)}, or let one read them on the page of workers.",
        )
    return kept(f"{plural(len(around.online), 'worker')} read every queue that has jobs.")


@rule(
    "slots",
    "Workers have as many slots as a queue may have jobs in hand",
    "What was released beyond the slots stands in the broker, where neither turn nor priority counts any more.",
)
def check_slots(around: Surroundings) -> Judged:
    """Compare the queues' concurrency with the slots of the workers that read them."""
    if not around.online:
        return Judged(Standing.UNKNOWN, UNASKED if around.workers is None else "No worker answers.")
    if not any(one.slots for one in around.online):
        return Judged(
            Standing.WARNING,
            f"{plural(len(around.online), 'worker')} online, and together without a slot: jobs are taken and none runs.",
            "Grow a pool on the page of workers, or start a worker.",
        )
    slots = {
        queue: sum(one.slots for one in around.online if queue in one.queues)
        for queue in around.slots
    }  # fmt: skip
    short = sorted(queue for queue, wanted in around.slots.items() if 0 < slots[queue] < wanted)
    if short:
        said = [
            f"{queue} may have {around.slots[queue]} in hand, its workers have {slots[queue]} slots" for queue in short
        ]
        return Judged(
            Standing.NOTE,
            f"{'; '.join(said[:3])}{' and others' if len(said) > 3 else ''}.",  # noqa: PLR2004 (a line's worth)
            "Start more workers or slots (--concurrency), or lower <QUEUE>_CONCURRENCY.",
        )
    return kept(f"{sum(one.slots for one in around.online)} slots are enough for each queue.")


@rule(
    "known-names",
    "Every job that waits has code",
    "A job whose name this release does not declare is not sent; a worker of another release would refuse it.",
)
def check_known_names(around: Surroundings) -> Judged:
    """Compare the names that wait with those declared here and known to the workers."""
    waiting = {name for names in around.waiting.values() for name in names}
    unknown = sorted(waiting - around.known_names)
    if unknown:
        return Judged(
            Standing.WARNING,
            f"Jobs wait that nothing here declares: {listed(unknown)}.",
            "Deploy the release that has them, or discard these jobs.",
        )
    told = [one for one in around.online if one.registered]
    missing = sorted({name for one in told for name in waiting if name not in one.registered})
    if missing:
        behind = sorted({one.node for one in told if not waiting <= set(one.registered)})
        return Judged(
            Standing.WARNING,
            f"{listed(behind)} does not know {listed(missing)}.",
            "Restart these workers with this release.",
        )
    return kept("Everything that waits can be run.")


@rule(
    "stuck",
    "No worker holds a message longer than a job may run",
    "Such a worker is gone, or its connection is; the broker gives its messages back only after the visibility timeout.",
)
def check_stuck(around: Surroundings) -> Judged:
    """Count messages held too long."""
    if around.stuck is None:
        return Judged(Standing.UNKNOWN, "The broker did not answer.")
    if around.stuck:
        return Judged(
            Standing.NOTE,
            f"{plural(around.stuck, 'message')} held for longer than the hard time limit.",
            "Nothing: their jobs were rung again, and the broker takes the messages back by itself.",
        )
    return kept("None.")


@rule(
    "clock-watched",
    "Somebody fires the schedules",
    "Without a relay or a beat no schedule fires, and nobody notices what does not happen.",
)
def check_clock(around: Surroundings) -> Judged:
    """Ask whether anybody looks at the clock."""
    if around.is_clock_watched is None:
        return Judged(Standing.UNKNOWN, "It could not be read.")
    if not around.is_clock_watched:
        return Judged(Standing.DANGER, "Nobody looked at the clock within a minute.", "Start the relay: flask relay.")
    return kept("The relay looks every second.")


@rule(
    "clocks",
    "All clocks agree",
    "Leases, due times and schedules are compared across machines: a clock that is ahead takes jobs from living workers.",
)
def check_skew(around: Surroundings) -> Judged:
    """Compare clocks with the database's."""
    if not around.skew_s:
        return Judged(Standing.UNKNOWN, "No other clock could be read.")
    who, worst = max(around.skew_s.items(), key=lambda pair: abs(pair[1]))
    if abs(worst) < SKEW_NOTED_S:
        return kept(f"The widest difference is {abs(worst) * 1000:.0f} ms, to {who}.")
    where = "ahead of" if worst > 0 else "behind"
    standing = Standing.DANGER if abs(worst) >= SKEW_BAD_S else Standing.WARNING
    return Judged(standing, f"{who} is {abs(worst):.1f} s {where} the database.", "Run NTP on every machine.")
