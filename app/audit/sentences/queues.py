"""Queues: what was held, changed or emptied."""

from app.audit.sentences.words import Data, count, listed, quote, says
from app.core.present import format_duration

WHAT = {"queue": "the queue {}", "name": "the jobs {}", "company": "the jobs of {}"}


def held(data: Data) -> str:
    """Return what a pause is about."""
    return WHAT.get(data["kind"], "{}").format(data["value"])


def because(data: Data) -> str:
    """Return the reason somebody gave, when they gave one."""
    return f": {quote(data['reason'])}" if data.get("reason") else ""


@says("queue.paused")
def queue_paused(data: Data) -> str:
    """Jobs are held."""
    until = f" until {data['until']}" if data.get("until") else ""
    return f"paused {held(data)}{until}{because(data)}"


@says("queue.resumed")
def queue_resumed(data: Data) -> str:
    """Jobs flow again."""
    return f"resumed {held(data)} after {format_duration(data['pausedS'])}{because(data)}"


@says("queue.configured")
def queue_configured(data: Data) -> str:
    """Limits of a queue changed."""
    said = [f"{name} {pair['before']} to {pair['after']}" for name, pair in (data.get("changes") or {}).items()]
    return f"changed the queue {data['queue']}" + (f": {listed(said)}" if said else "")


@says("broker-message.removed")
def broker_message_removed(data: Data) -> str:
    """A message left the broker; its job is kept."""
    return f"took a message of {data['name']} out of the broker's queue {data['queue']}{because(data)}"


@says("broker.purged")
def broker_purged(data: Data) -> str:
    """A list of the broker was emptied; the jobs are kept."""
    return f"emptied the broker's queue {data['queue']} of {count(data['messages'], 'message')}{because(data)}"


@says("queue.behind")
def queue_behind(data: Data) -> str:
    """A queue misses its target."""
    oldest, target = format_duration(data["oldestS"]), format_duration(data["targetS"])
    return f"saw the queue {data['queue']} fall behind: the oldest of {count(data['waiting'], 'job')} waits {oldest}, wanted {target}"


@says("queue.recovered")
def queue_recovered(data: Data) -> str:
    """A queue keeps its target again."""
    return f"saw the queue {data['queue']} keep its target again, after {format_duration(data['behindS'])}"


@says("failures.muted")
def failures_muted(data: Data) -> str:
    """Somebody does not want to see a kind of failure for a while."""
    until = f"muted until {data['until']}" if data.get("until") else "no longer muted"
    return f"said that {data['errorType']} in {data['name']} is {until}"
