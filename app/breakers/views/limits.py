"""Changing when a breaker opens. An empty field is what the code says."""

from typing import Any

from flask import Response, request, url_for

from app.breakers import reads, service
from app.breakers.reads import BreakerView
from app.breakers.reads.board import base_of
from app.breakers.views.blueprint import bp
from app.core.access import allow
from app.core.errors import InvalidInput, VersionConflict
from app.core.idempotency import once
from app.core.web import done, page

VALUES = {
    "slidingWindowType": ("COUNT_BASED", "TIME_BASED"),
    "transitionToStateAfterWaitDuration": ("OPEN", "CLOSED"),
    "automaticTransitionFromOpenToHalfOpenEnabled": ("true", "false"),
    "initialState": ("CLOSED", "OPEN", "DISABLED", "FORCED_OPEN", "METRICS_ONLY"),
}
CHOICES = {key: [("", "As the code says"), *((value, value) for value in values)] for key, values in VALUES.items()}
# Setting → what people read, and its unit.
FIELDS = {
    "failureRateThreshold": ("Opens at this failure rate", "percent"),
    "slowCallRateThreshold": ("Opens at this rate of slow calls", "percent"),
    "slowCallDurationThresholdMs": ("A call is slow when longer than", "milliseconds"),
    "slidingWindowType": ("The window counts", "COUNT_BASED: the last calls; TIME_BASED: the last seconds"),
    "slidingWindowSize": ("Size of the window", "calls, or seconds"),
    "minimumNumberOfCalls": ("Decides from this many calls on", "calls"),
    "waitDurationInOpenStateMs": ("Stays open for", "milliseconds"),
    "exponentialMultiplier": ("Each opening in a row lasts longer by", "times; 1 is always the same"),
    "randomizedWaitFactor": ("Give or take", "0 to 0.999; 0.5 waits between half and one and a half times"),
    "maxWaitDurationInOpenStateMs": ("Never stays open longer than", "milliseconds; 0 is an hour"),
    "permittedNumberOfCallsInHalfOpenState": ("Tries in half open", "calls, all processes together"),
    "maxWaitDurationInHalfOpenStateMs": ("Half open lasts at most", "milliseconds; 0 waits for its tries"),
    "transitionToStateAfterWaitDuration": ("and then it goes to", "OPEN or CLOSED"),
    "automaticTransitionFromOpenToHalfOpenEnabled": ("Half opens by itself", "false waits for the next call"),
    "minimumShareOfProcesses": ("Opens everywhere when failures are seen by", "percent of the processes; 0 is any"),
    "maxConcurrentCalls": ("Calls at once", "in one process"),
    "initialState": ("Begins in", "the state of a new process"),
}


@bp.get("/<string:name>/limits")
@allow("breakers:write", installation=True)
def edit_limits(name: str) -> Response:
    """Show the limits as a form."""
    one = reads.find_breaker(name)
    return _show(one, {key: as_text(value) for key, value in one.overrides.items()}, one.version)


@bp.post("/<string:name>/limits")
@allow("breakers:write", installation=True)
@once
def update_limits(name: str) -> Response:
    """Change the limits, or show the form again with what is wrong."""
    typed = {key: request.form[key].strip() for key in FIELDS if request.form.get(key, "").strip()}
    version = request.form.get("version", "")
    seen = int(version) if version.isdecimal() and len(version) < 19 else 0  # noqa: PLR2004 (a bigint's digits)
    reason = request.form.get("reason", "").strip()[:500]
    try:
        wanted = {key: read_text(value) for key, value in typed.items()}
        service.configure_breaker(name, wanted, version=seen, reason=reason)
    except InvalidInput as problem:
        errors = {one["field"]: one["message"] for one in problem.errors}
        return _show(reads.find_breaker(name), typed, seen, errors=errors, status=problem.status)
    except VersionConflict as conflict:
        changed = {key: {"before": pair["before"], "after": pair["after"]} for key, pair in conflict.changed.items()}
        return _show(reads.find_breaker(name), typed, conflict.current, conflict=changed, status=conflict.status)
    return done(url_for("breakers.show_breaker", name=name), toast=f"The limits of {name} are changed everywhere.")


def read_text(text: str) -> Any:  # Any: one JSON value
    """Return what was typed as JSON would have it: a number, true or false, or the text itself."""
    if text in {"true", "false"}:
        return text == "true"
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return text


def as_text(value: Any) -> str:  # Any: as above
    """Return a setting as the form shows it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _show(
    one: BreakerView,
    values: dict[str, str],
    version: int,
    *,
    errors: dict[str, str] | None = None,
    conflict: dict[str, Any] | None = None,
    status: int = 200,
) -> Response:
    base = {key: as_text(value) for key, value in base_of(one.name).to_json().items() if value is not None}
    return page(
        "breakers/limits.html", status=status, one=one, values=values, version=version, errors=errors or {},
        conflict=conflict, fields=FIELDS, choices=CHOICES, base=base, reason=request.form.get("reason", ""),
    )  # fmt: skip
