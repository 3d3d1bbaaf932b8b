"""One act on all jobs that match: what it would reach, a dry run, the act, and its Undo."""

from typing import Any
from urllib.parse import parse_qsl

from flask import Response, request, url_for
from pydantic import ValidationError

from app.accounts import reads as accounts
from app.core.access import allow
from app.core.api import parse_query, problem_of
from app.core.auth import principal
from app.core.errors import InvalidInput
from app.core.idempotency import once
from app.core.web import done, page
from app.queues.acting import in_company_of_job, in_installation
from app.queues.bulk import UNDO_S
from app.queues.drain import estimate_drain
from app.queues.filter import JobFilter
from app.queues.matching import BulkAct, is_everywhere, measure, narrow
from app.queues.schemas import ActOnMatching
from app.queues.service.bulk import PER_SECOND, ask_for_bulk_act, title_of, undo_bulk_act
from app.queues.views.blueprint import bp

STARTED = {BulkAct.RETRY: "Sending again", BulkAct.DISCARD: "Discarding", BulkAct.CANCEL: "Cancelling"}
MOST_COMPANIES = 8


class BulkQuestion(JobFilter):
    """The act that is asked about, and which jobs it is for."""

    act: BulkAct = BulkAct.RETRY


@bp.get("/jobs/bulk")
@allow("jobs:write", any_company=True)
def ask_for_bulk() -> Response:
    """Say what the act would reach, before anything is done."""
    asked = parse_query(BulkQuestion)
    return question(asked.act, asked, {}, 200)


def question(act: BulkAct, wanted: JobFilter, errors: dict[str, str], status: int) -> Response:
    """Return the page that asks: how many, whose, since when, how long it takes."""
    said = JobFilter.model_validate({name: value for name, value in wanted.conditions().items() if name != "act"})
    fixed = narrow(act, said)
    reach = measure(act, fixed, principal().permissions)
    return page(
        "jobs/bulk.html", act=act, reach=reach, query=said.query(), title=title_of(act, reach), errors=errors,
        drain_s=estimate_drain(reach.queues, PER_SECOND) if act is BulkAct.RETRY and reach.count else None,
        owners=most_of(reach.companies), others=max(len(reach.companies) - MOST_COMPANIES, 0), undo_s=UNDO_S,
        per_second=request.form.get("perSecond", PER_SECOND), reason=request.form.get("reason", ""), status=status,
    )  # fmt: skip


def most_of(companies: Any) -> list[tuple[str, int]]:  # Any: a counter by company
    """Return whose jobs most of them are, by name; nothing inside one company."""
    if not is_everywhere():
        return []
    named = accounts.companies_by_id(set(companies))
    return [(named[one][1], count) for one, count in companies.most_common(MOST_COMPANIES) if one in named]


@bp.post("/jobs/bulk")
@allow("jobs:write", any_company=True)
@in_installation
@once
def create_bulk_act() -> Response:
    """Start the job that does it."""
    asked = read_form()
    if isinstance(asked, Response):
        return asked
    job_id, reach = ask_for_bulk_act(
        asked.act, asked.filter, principal().permissions, reason=asked.reason, per_second=asked.per_second,
        is_dry_run=asked.dry_run,
    )  # fmt: skip
    many = f"{reach.count:,} jobs" if reach.count != 1 else "1 job"
    toast = f"Dry run over {many}: started." if asked.dry_run else f"{STARTED[asked.act]} {many}: started."
    can_undo = not asked.dry_run and asked.act is not BulkAct.CANCEL
    undo = url_for("jobs.create_undo", job_id=job_id) if can_undo else None
    return done(url_for("jobs.show_job", job_id=job_id), toast=toast, undo=undo)


def read_form() -> ActOnMatching | Response:
    """Return what the form says, or the page again with what is wrong."""
    wanted = filter_of(request.form.get("query", ""))
    values = {
        "act": request.form.get("act", ""), "filter": wanted, "reason": request.form.get("reason", "").strip(),
        "perSecond": request.form.get("perSecond") or PER_SECOND, "dryRun": bool(request.form.get("dry")),
    }  # fmt: skip
    try:
        return ActOnMatching.model_validate(values)
    except ValidationError as error:
        problem = problem_of(error)
        act = request.form.get("act", "")
        if act not in list(BulkAct) or not isinstance(problem, InvalidInput):
            raise problem from None
        return question(BulkAct(act), wanted, errors_of(problem), 422)


def filter_of(query: str) -> JobFilter:
    """Return the filter of an address.

    Raises:
        InvalidInput: It says nothing.
    """
    try:
        return JobFilter.model_validate(dict(parse_qsl(query)))
    except ValidationError as error:
        raise problem_of(error) from None


def errors_of(problem: InvalidInput) -> dict[str, str]:
    """Return what is wrong, by field; what is wrong with the whole is the missing reason."""
    fields = {"body": "reason", "per_second": "perSecond"}
    return {fields.get(one["field"], one["field"]): one["message"] for one in problem.fields["errors"]}


@bp.post("/jobs/<string:job_id>/undo")
@allow("jobs:write", any_company=True)
@in_company_of_job
@once
def create_undo(job_id: str) -> Response:
    """Take it back."""
    undoing = undo_bulk_act(job_id, principal().permissions)
    return done(url_for("jobs.show_job", job_id=undoing), toast="Taking it back: started.")
