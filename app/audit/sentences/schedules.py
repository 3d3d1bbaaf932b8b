"""What runs by the clock, and who looks at it."""

from app.audit.sentences.words import Data, count, listed, quote, says


@says("schedule.created")
def schedule_created(data: Data) -> str:
    """Something is to run by the clock."""
    return f"scheduled {quote(data['title'])}: {data['job']} at {data['cron']}, {data['timezone']}"


@says("schedule.changed")
def schedule_changed(data: Data) -> str:
    """A schedule is another."""
    fields = list(data.get("changes") or {})
    return f"changed the schedule {quote(data['title'])}" + (f": {listed(fields)}" if fields else "")


@says("schedule.paused")
def schedule_paused(data: Data) -> str:
    """It is held."""
    until = f" until {data['until']}" if data.get("until") else ""
    return f"paused the schedule {quote(data['title'])}{until}"


@says("schedule.resumed")
def schedule_resumed(data: Data) -> str:
    """It runs again."""
    return f"resumed the schedule {quote(data['title'])}"


@says("schedule.skipped")
def schedule_skipped(data: Data) -> str:
    """One time of it is passed over."""
    verb = "took back that" if data.get("isUndone") else "let"
    passes = "passes over" if data.get("isUndone") else "pass over"
    return f"{verb} the schedule {quote(data['title'])} {passes} {data['dueAt']}"


@says("schedule.run-by-hand")
def schedule_run(data: Data) -> str:
    """It ran because somebody said so."""
    return f"ran the schedule {quote(data['title'])} by hand"


@says("schedule.deleted")
def schedule_deleted(data: Data) -> str:
    """It is gone."""
    return f"deleted the schedule {quote(data['title'])}: {data['job']} at {data['cron']}"


@says("schedule.missed")
def schedule_missed(data: Data) -> str:
    """It was due and did not run."""
    return f"missed the schedule {quote(data['title'])} {count(data['times'], 'time')} since {data['dueAt']}"


@says("scheduler.silent")
def scheduler_silent(data: Data) -> str:
    """The alarm."""
    return f"found that nobody looks at the clock: {data['process']} was last at {data['lastTickAt']}"


@says("scheduler.back")
def scheduler_back(data: Data) -> str:
    """Its end."""
    return f"looks at the clock again in {data['process']}, after {data['silentS']} s of silence"
