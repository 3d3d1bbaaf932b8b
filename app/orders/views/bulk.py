"""One act on the ticked orders, or on all that match."""

from flask import Response, request, url_for
from pydantic import ValidationError

from app.core.access import allow
from app.core.api import problem_of
from app.core.idempotency import sent_key
from app.core.web import done, page
from app.flags.gates import Gate
from app.flags.use import gate
from app.orders.schemas import BulkAct
from app.orders.selection import act_on_selection, count_selection, must_ask
from app.orders.service.bulk import DONE_WORDS, title_of
from app.orders.views.blueprint import bp


@bp.post("/bulk")
@allow("orders:write")
@gate(Gate.BULK_OPERATIONS)
def create_bulk_act() -> Response:
    """Do the act and say what became of each order; one that reaches far asks first.

    Not wrapped in `@once`: each order is a transaction of its own, so that one refusal undoes nothing else and no
    lock is held for a hundred orders. A repeat is harmless: a paid order is not paid again, a note carries the key.
    """
    wanted = _read()
    back = f"{url_for('orders.index')}?{request.form.get('query', '')}"
    count = count_selection(wanted)
    if must_ask(wanted) and not request.form.get("confirmed"):
        return _ask(wanted, count, back)
    found = act_on_selection(wanted, dedupe_key=sent_key())
    if found.job_id is not None:
        return done(url_for("jobs.show_job", job_id=found.job_id), toast=f"{title_of(wanted, count)}: started.")
    refused = [one for one in found.outcomes if one.problem is not None]
    done_count = len(found.outcomes) - len(refused)
    if not refused:
        orders = "1 order was" if done_count == 1 else f"{done_count} orders were"
        return done(back, toast=f"{orders} {DONE_WORDS[wanted.act]}.")
    return page(
        "orders/bulk.html", outcomes=found.outcomes, refused=len(refused), done=done_count, back=back,
        words=DONE_WORDS[wanted.act],
    )  # fmt: skip


def _ask(wanted: BulkAct, count: int, back: str) -> Response:
    numbers = [] if wanted.query is not None else sorted(set(wanted.numbers))
    return page(
        "orders/bulk_ask.html", wanted=wanted, numbers=numbers, title=title_of(wanted, count), back=back,
        query=request.form.get("query", ""),
    )  # fmt: skip


def _read() -> BulkAct:
    values = {
        "act": request.form.get("act", ""),
        "numbers": request.form.getlist("number"),
        "note": request.form.get("note") or None if request.form.get("act") == "note" else None,
        "reason": request.form.get("reason") or None,
        "query": request.form.get("query", "") if request.form.get("all") else None,
    }
    try:
        return BulkAct.model_validate(values)
    except ValidationError as error:
        raise problem_of(error) from None
