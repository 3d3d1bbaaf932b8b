"""Jobs."""

from app.audit.sentences.words import Data, quote, says

STATES = {
    "queued": "sent the job {}",
    "running": "worked on the job {}",
    "done": "finished the job {}",
    "failed": "gave up the job {}",
    "cancelled": "cancelled the job {}",
    "discarded": "gave the job {} up",
}


@says("job.updated", "account-job.updated")
def job_updated(data: Data) -> str:
    """A job was sent or ended; the actor is who sent it."""
    words = STATES[data["state"]].format(data["name"])
    return f"{words}: {data['message']}" if data.get("message") else words


@says("notification.sent")
def notification_sent(data: Data) -> str:
    """A person was told something."""
    return f"told somebody: {quote(data['text'])}"


@says("job.repeated", "account-job.repeated")
def job_repeated(data: Data) -> str:
    """Somebody had a job run once more."""
    return f"had the job {data['name']} run again, {quote(data['title'])}" + (
        " with other arguments" if data["isEdited"] else ""
    )


@says("job.discarded", "account-job.discarded")
def job_discarded(data: Data) -> str:
    """Somebody gave a failed job up, and said why."""
    return f"gave the failed job {data['name']} up, {quote(data['title'])}: {quote(data['reason'])}"


@says("job.restored", "account-job.restored")
def job_restored(data: Data) -> str:
    """Somebody took that back."""
    return f"put the job {data['name']}, {quote(data['title'])}, back among the failed ones"


@says("job.stop-asked", "account-job.stop-asked")
def job_stop_asked(data: Data) -> str:
    """Somebody wants a running job to stop."""
    return f"asked the job {data['name']} to stop, {quote(data['title'])}"
