"""Celery's workers, and what they were told."""

from app.audit.sentences.words import Data, count, listed, says

ACTS = {
    "grow": "grow by {slots}", "shrink": "shrink by {slots}", "autoscale": "scale from {min} to {max}",
    "add-consumer": "take jobs from {queue}", "cancel-consumer": "take no more jobs from {queue}",
    "rate-limit": "begin {job} at most {rate}", "time-limit": "run {job} for {softS} s, {hardS} s at most",
    "shutdown": "shut down",
}  # fmt: skip


@says("worker.came")
def worker_came(data: Data) -> str:
    """It answers."""
    return f"found worker {data['node']} with {count(data['slots'], 'slot')}"


@says("worker.silent")
def worker_silent(data: Data) -> str:
    """It does not answer any more."""
    stopped = ", which was told to end" if data.get("wasStopping") else ""
    return f"found worker {data['node']} silent for {data['silentS']} s{stopped}"


@says("worker.told")
def worker_told(data: Data) -> str:
    """Somebody told workers what to do; each answered, or did not."""
    who = "every worker" if data["node"] == "every" else f"worker {data['node']}"
    known = ACTS.get(data["act"])
    act = known.format(**data["values"]) if known else data["act"]
    outcomes = [str(said).partition(":")[0] for said in data["replies"].values()]
    said = [f"{outcomes.count(one)} {one}" for one in ("done", "refused", "unknown") if one in outcomes]
    return f"told {who} to {act}" + (f": {listed(said)}" if said else "")
