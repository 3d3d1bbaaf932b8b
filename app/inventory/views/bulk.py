"""Acts on many items: a page that says how many and asks, then the act; beyond a hundred it is a job."""

from flask import Response, request, url_for

from app.core.access import allow
from app.core.db import transaction
from app.core.errors import InvalidInput
from app.core.present import plural
from app.core.web import done, page
from app.flags.gates import Gate
from app.flags.use import gate
from app.inventory import reads, service, tasks
from app.inventory.forms import submit
from app.inventory.problems import NothingSelected
from app.inventory.schemas import BulkAct, BulkForm, filter_of
from app.inventory.service.bulk import BulkResult
from app.inventory.views.blueprint import bp

MOST_AT_ONCE = 100


@bp.post("/inventory/bulk")
@allow("inventory:write")
@gate(Gate.BULK_OPERATIONS)
def ask_bulk() -> Response:
    """Say what an act would reach, and ask. Nothing changes yet."""
    form = parse_bulk()
    return ask_page(form, {})


def parse_bulk() -> BulkForm:
    """Return the bulk form; the ticks are read beside it, because they share one name."""
    ours = {
        key: value for key, value in request.form.items() if key in {"act", "all", "query", "reorderPoint"} and value
    }
    from pydantic import ValidationError

    from app.core.api import problem_of

    try:
        return BulkForm.model_validate(ours)
    except ValidationError as error:
        raise problem_of(error) from None


def ask_page(form: BulkForm, errors: dict[str, str]) -> Response:
    """Render the question."""
    skus = request.form.getlist("sku")
    if not skus and not form.all:
        raise NothingSelected
    count = reads.count_matching(filter_of(form.query)) if form.all else reads.Bounded(len(skus), is_more=False)
    return page("inventory/bulk.html", form=form, skus=[] if form.all else skus, count=count, errors=errors)


@bp.post("/inventory/bulk/acts")
@allow("inventory:write")
@gate(Gate.BULK_OPERATIONS)
def act_bulk() -> Response:
    """Do it."""

    def act() -> Response:
        form, skus = parse_bulk(), request.form.getlist("sku")
        if form.act is BulkAct.REORDER_POINT and form.reorder_point is None:
            raise InvalidInput(errors=[{"field": "reorderPoint", "message": "Type a reorder point, 0 or more."}])
        back = url_for("inventory.list_items") + (f"?{form.query}" if form.query else "")
        if form.all or len(skus) > MOST_AT_ONCE:
            return done(start_job(form, skus))
        if not skus:
            raise NothingSelected
        return done(back, toast=sentence(form.act, service.change_items(skus, form.act, form.reorder_point)))

    return submit(act, lambda _, errors: ask_page(parse_bulk(), errors))


def start_job(form: BulkForm, skus: list[str]) -> str:
    """Queue the act and return the job's page."""
    wanted = filter_of(form.query)
    count = reads.count_matching(wanted) if form.all else reads.Bounded(len(skus), is_more=False)
    verb = "Archive" if form.act is BulkAct.ARCHIVE else f"Set the reorder point of {form.reorder_point} for"
    with transaction():
        job_id = tasks.change_matching.enqueue(
            form.act.value, None if form.all else skus, wanted.model_dump(mode="json"), form.reorder_point,
            title=f"{verb} {count} items",
        )  # fmt: skip
    return url_for("jobs.show_job", job_id=job_id)


def sentence(act: BulkAct, result: BulkResult) -> str:
    """Say what was done, and what was not and why."""
    verb = "archived" if act is BulkAct.ARCHIVE else "changed"
    text = f"{plural(result.done, 'item')} {verb}."
    if result.refused:
        first = "; ".join(f"{sku}: {why}" for sku, why in list(result.refused.items())[:3])
        text += f" {plural(len(result.refused), 'item')} not: {first}"
    return text
