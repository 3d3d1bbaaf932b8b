"""Index advice over JSON."""

from collections.abc import Iterable

from app.core.api import contract
from app.core.jobs import Job
from app.core.tasks import JobQueuesOff
from app.queries.advisor import acts, reads
from app.queries.advisor.acts import AdviceSettled
from app.queries.api import advice_schemas as schemas
from app.queries.api.blueprint import TAG, api_bp
from app.queries.models import Advice
from app.queries.problems import AdviceNotFound

READ, WRITE = "queries:read", "queries:write"


@api_bp.get("/indexes")
@contract(scope=READ, returns={200: schemas.IndexesOut}, tag=TAG, installation=True)
def list_indexes() -> schemas.IndexesOut:
    """Indexes to make, and those that are there twice, for nothing, or broken."""
    found, looked = reads.list_advice(), reads.read_looks()
    return schemas.IndexesOut(
        looked_at=looked.at, last_look=look_of(looked.newest) if looked.newest else None,
        recommendations=answers(found, "create"), duplicates=answers(found, "drop-duplicate"),
        unused=answers(found, "drop-unused"), invalid=answers(found, "rebuild-invalid"),
    )  # fmt: skip


@api_bp.get("/advice")
@contract(scope=READ, query=schemas.AskAdvice, returns={200: schemas.AdviceListOut}, tag=TAG, installation=True)
def list_advice(query: schemas.AskAdvice) -> schemas.AdviceListOut:
    """Advice of one state, what matters most first."""
    return schemas.AdviceListOut(
        items=[answer_of(one) for one in reads.list_advice((query.state,), kind=query.kind, table=query.table)]
    )


@api_bp.get("/advice/<string:advice_id>")
@contract(scope=READ, returns={200: schemas.AdviceOut}, problems=[AdviceNotFound], tag=TAG, installation=True)
def show_advice(advice_id: str) -> schemas.AdviceOut:
    """One piece of advice with everything it rests on."""
    return answer_of(reads.find_advice(advice_id))


@api_bp.post("/advice/<string:advice_id>/dismissal")
@contract(
    scope=WRITE, body=schemas.Dismiss, returns={200: schemas.AdviceOut}, problems=[AdviceNotFound, AdviceSettled], tag=TAG,
    installation=True,
)  # fmt: skip
def create_dismissal(advice_id: str, body: schemas.Dismiss) -> schemas.AdviceOut:
    """Say that it is not wanted."""
    return answer_of(acts.dismiss(advice_id, body.reason))


@api_bp.delete("/advice/<string:advice_id>/dismissal")
@contract(
    scope=WRITE, returns={200: schemas.AdviceOut}, problems=[AdviceNotFound, AdviceSettled], tag=TAG, installation=True
)  # fmt: skip
def delete_dismissal(advice_id: str) -> schemas.AdviceOut:
    """Have it proposed again."""
    return answer_of(acts.reopen(advice_id))


@api_bp.post("/advice/look")
@contract(scope=WRITE, returns={202: schemas.LookQueued}, problems=[JobQueuesOff], tag=TAG, installation=True)
def create_look() -> schemas.LookQueued:
    """Have the workload looked at now; one look at a time."""
    return schemas.LookQueued(job_id=acts.ask_look())


def answers(found: Iterable[Advice], kind: str) -> list[schemas.AdviceOut]:
    """Return advice of one kind as JSON."""
    return [answer_of(one) for one in found if one.kind == kind]


def answer_of(one: Advice) -> schemas.AdviceOut:
    """Return a piece of advice as JSON."""
    held = one.evidence
    names = ("method", "include", "where", "size_bytes", "helped", "planned", "beside", "scans")
    return schemas.AdviceOut(
        id=one.id, kind=one.kind, table=one.table_name, index=one.index_name, title=reads.title_of(one),
        columns=held.get("keys", []), definition=one.definition, reason=one.reason, priority=one.priority,
        state=one.state, proof=one.backend, evidence_level=held.get("level", 1), not_enough=held.get("why_not", []),
        estimated_improvement=reads.saved_share(one), cost_before=held.get("cost_before"), cost_after=held.get("cost_after"),
        write_overhead=held.get("overhead"), entries_a_day=held.get("entries_a_day"), found_at=one.found_at,
        statements=[schemas.HelpedOut(**each) for each in held.get("statements", [])],
        checked_at=one.checked_at, built_at=one.built_at, dismissed_by=one.dismissed_by,
        dismissed_reason=one.dismissed_reason, verdict=verdict_of(one), version=one.version,
        **{name: held[name] for name in names if name in held},
    )  # fmt: skip


def look_of(job: Job) -> schemas.LookOut:
    """Return a look as JSON."""
    at = job.finished_at or job.started_at or job.created_at
    return schemas.LookOut(job_id=job.id, state=job.state, error=job.error, at=at)


def verdict_of(one: Advice) -> schemas.VerdictOut | None:
    """Return what it did as JSON."""
    if one.verdict is None:
        return None
    return schemas.VerdictOut(**{name: one.verdict[name] for name in schemas.VerdictOut.model_fields})
