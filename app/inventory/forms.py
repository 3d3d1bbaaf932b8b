"""Page forms: an act that is refused shows its form again, with what was typed and why."""

from collections.abc import Callable

from flask import Response, make_response

from app.core.errors import InvalidInput, Problem
from app.core.idempotency import once

# Where a refusal belongs on a form.
FIELDS = {
    "sku-taken": "sku",
    "stock-too-small": "delta",
    "nothing-adjusted": "delta",
    "stock-too-large": "delta",
    "stock-reserved": "delta",
    "unknown-sku": "skus",
    "nothing-to-count": "category",
    "too-many-lines": "category",
}


def submit(act: Callable[[], Response], again: Callable[[Problem, dict[str, str]], Response]) -> Response:
    """Run a form's act once per key; when it is refused, answer with the form.

    Args:
        act: Parses, calls the service and redirects.
        again: Renders the form, given the Problem and a sentence by field name.
    """
    try:
        return make_response(once(act)())
    except Problem as problem:
        if problem.status in {401, 403, 404} or problem.status >= 500:  # noqa: PLR2004
            raise
        response = again(problem, errors_of(problem))
        response.status_code = problem.status
        return response


def errors_of(problem: Problem) -> dict[str, str]:
    """Return a sentence by field name."""
    if isinstance(problem, InvalidInput):
        return {error["field"]: error["message"] for error in problem.errors}
    field = problem.fields.get("field") or FIELDS.get(problem.code)
    return {field: problem.sentence} if field else {}
