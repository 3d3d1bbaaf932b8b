"""The form of a plan: shares in one field, one wait between them, up to three guards."""

from collections.abc import Mapping
from typing import Any

from app.flags.engine.model import Scope

UNITS = {"60": "minutes", "3600": "hours", "86400": "days"}
GUARD_ROWS = 3
DEFAULTS = {"shares": "10, 25, 50, 100", "wait": "1", "unit": "3600", "timezone": "UTC", "cooldown": "10"}
MOST_SHARES = 20


def read_form(form: Mapping[str, str]) -> dict[str, Any]:
    """Return the plan a form describes, unchecked; what is no number stays as it is, so that it is named."""
    shares = [part.strip().removesuffix("%").strip() for part in form.get("shares", "").split(",") if part.strip()]
    wait = _number(form.get("wait", ""))
    unit = int(form.get("unit", "3600")) if form.get("unit") in UNITS else 3600
    wait_s: Any = round(wait * unit) if isinstance(wait, float) else wait
    steps: list[dict[str, Any]] = [{"percentage": _number(share)} for share in shares[: MOST_SHARES + 1]]
    for step in steps[1:]:
        step["afterS"] = wait_s
    if steps and form.get("starts"):
        steps[0]["at"] = form["starts"]
    cooldown = _number(form.get("cooldown", "10"))
    return {
        "steps": steps,
        "guards": [guard for number in range(GUARD_ROWS) if (guard := _guard(form, number))],
        "timezone": form.get("timezone", "UTC"),
        "cooldownS": round(cooldown * 60) if isinstance(cooldown, float) else cooldown,
        "reason": form.get("reason", "").strip(),
    }


def shown_form(form: Mapping[str, str], scope: str) -> dict[str, str]:
    """Return what the form's fields show: what was sent, else what most plans begin with."""
    whole = {"shares": "100"} if scope == Scope.GLOBAL else {}  # all or nothing
    return {**DEFAULTS, **whole, **dict(form.items())}


def _guard(form: Mapping[str, str], number: int) -> dict[str, Any] | None:
    kind, _, rest = form.get(f"guard{number}", "").partition(":")
    if not kind:
        return None
    guard: dict[str, Any] = {"kind": kind, "limit": _number(form.get(f"limit{number}", ""))}
    if kind == "requests":
        guard["metric"] = rest
    else:
        guard["name"] = rest
    if form.get(f"otherwise{number}"):
        guard["otherwise"] = form[f"otherwise{number}"]
    return guard


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text or "nothing"
