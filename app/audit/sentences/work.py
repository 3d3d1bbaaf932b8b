"""Jobs."""

from app.audit.sentences.words import Data, says

STATES = {
    "queued": "sent the job {}",
    "running": "worked on the job {}",
    "done": "finished the job {}",
    "failed": "gave up the job {}",
    "cancelled": "cancelled the job {}",
}


@says("job.updated", "account-job.updated")
def job_updated(data: Data) -> str:
    """A job was sent or ended; the actor is who sent it."""
    words = STATES[data["state"]].format(data["name"])
    return f"{words}: {data['message']}" if data.get("message") else words
