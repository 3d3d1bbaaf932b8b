"""Acts on many jobs."""

from app.audit.sentences.words import Data, count, quote, says

ACTS = {"retry": "send {} again", "discard": "discard {}", "cancel": "cancel {}"}
UNDONE = {"retry": "sending again", "discard": "discarding"}


@says("jobs.bulk-asked")
def bulk_act_asked(data: Data) -> str:
    """Somebody wants an act done on all jobs that match."""
    jobs = count(data["count"], "job") + (" or more" if data.get("isBounded") else "")
    words = ("tried what it would be to " if data.get("isDryRun") else "began to ") + ACTS.get(
        data["act"], data["act"] + " {}"
    ).format(jobs)
    where = ", ".join(f"{name} {value}" for name, value in data.get("matching", {}).items())
    why = f": {quote(data['reason'])}" if data.get("reason") else ""
    return f"{words}{f' ({where})' if where else ''}{why}"


@says("jobs.bulk-undone")
def bulk_act_undone(data: Data) -> str:
    """Somebody took such an act back."""
    return f"undid the {UNDONE.get(data['act'], data['act'])} of {count(data['undone'], 'job')}"
