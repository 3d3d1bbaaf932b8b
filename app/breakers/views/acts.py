"""What is done to one breaker, as page forms."""

from collections.abc import Callable
from typing import Any

from flask import Response, request, url_for

from app.breakers import reads, service
from app.breakers.models import BreakerRow
from app.breakers.states import State
from app.breakers.views import looks
from app.breakers.views.blueprint import bp
from app.core.access import allow
from app.core.errors import NotFound
from app.core.idempotency import once
from app.core.web import done, page

HOLDS: dict[str, tuple[State, Callable[..., BreakerRow], str]] = {
    "open": (State.FORCED_OPEN, service.open_breaker, "is held open"),
    "closed": (State.DISABLED, service.disable_breaker, "is held closed"),
    "measuring": (State.METRICS_ONLY, service.only_measure, "only measures"),
}
SPANS = (("600", "10 minutes"), ("3600", "1 hour"), ("14400", "4 hours"), ("86400", "1 day"), ("", "Until I let go"))
USUAL_SPAN = {"open": "3600", "closed": "600", "measuring": "3600"}
LONGEST_REASON = 500


@bp.post("/<string:name>/reset")
@allow("breakers:write", installation=True)
@once
def create_reset(name: str) -> Response:
    """Let go of it, close it everywhere and empty its window."""
    service.reset_breaker(name)
    return _done(name, f"{name} is reset: closed, its window empty.")


@bp.post("/<string:name>/release")
@allow("breakers:write", installation=True)
@once
def create_release(name: str) -> Response:
    """Let go of it."""
    service.release_breaker(name)
    return _done(name, f"{name} decides by itself again.")


@bp.get("/<string:name>/hold/<string:how>")
@allow("breakers:write", installation=True)
def ask_hold(name: str, how: str) -> Response:
    """Ask before a breaker is held, and say what that reaches."""
    _hold(how)
    return page("breakers/hold.html", how=how, errors={}, values={"for_s": USUAL_SPAN[how]}, **reach_of(name))


@bp.post("/<string:name>/hold/<string:how>")
@allow("breakers:write", installation=True)
@once
def create_hold(name: str, how: str) -> Response:
    """Hold it in a state."""
    _, act, words = _hold(how)
    for_s = request.form.get("for_s", USUAL_SPAN[how])
    reason = request.form.get("reason", "").strip()
    errors = {}
    if for_s and not (for_s.isdecimal() and len(for_s) < 9):  # noqa: PLR2004 (30 days have seven digits)
        errors["for_s"] = "Choose for how long."
    if len(reason) > LONGEST_REASON or "\x00" in reason:
        errors["reason"] = f"Give at most {LONGEST_REASON} characters."
    if errors:
        values = {"for_s": for_s, "reason": reason}
        return page("breakers/hold.html", status=422, how=how, errors=errors, values=values, **reach_of(name))
    act(name, for_s=int(for_s) if for_s else None, reason=reason)
    return _done(name, f"{name} {words}.")


def reach_of(name: str) -> dict[str, Any]:  # Any: what the template shows
    """Return what holding a breaker reaches."""
    return {
        "one": reads.find_breaker(name), "callers": reads.callers_of(name)[:3], "touching": reads.touching(name),
        "spans": SPANS, "looks": looks,
    }  # fmt: skip


def _hold(how: str) -> tuple[State, Callable[..., BreakerRow], str]:
    found = HOLDS.get(how)
    if found is None:
        raise NotFound
    return found


def _done(name: str, toast: str) -> Response:
    return done(url_for("breakers.show_breaker", name=name), toast=toast)
