"""How shares, values and scopes are written on the pages of flags, and read from their forms."""

import json
from decimal import Decimal, InvalidOperation
from typing import Any

from app.core.errors import InvalidInput
from app.core.present import plural
from app.flags.engine.model import WHOLE, Scope

STEPS = Decimal(WHOLE) / 100  # one step is a thousandth of a percent
UNITS = {Scope.COMPANY: ("company", "companies"), Scope.USER: ("person", "people"), Scope.GLOBAL: ("target", "targets")}
WHO = {Scope.COMPANY: "Company", Scope.USER: "Person", Scope.GLOBAL: "Target"}


def percent_text(share: int) -> str:
    """Return thousandths of a percent as people write them: `25%`, `12.5%`, `0.001%`."""
    return f"{share / 1000:g}%"


def percent_value(share: int) -> str:
    """Return the figure alone, for a field."""
    return f"{share / 1000:g}"


def read_percent(text: str, field: str = "percentage") -> int:
    """Return a typed percentage in thousandths of a percent; the sign and a space may stand behind it.

    Raises:
        InvalidInput: It is no percentage, or finer than a thousandth.
    """
    try:
        percent = Decimal(text.strip().rstrip("%").strip())
    except InvalidOperation:
        raise _invalid(field, "Write a number from 0 to 100, such as 25 or 12.5.") from None
    if not percent.is_finite() or not 0 <= percent <= 100:  # noqa: PLR2004
        raise _invalid(field, f"{text.strip()[:20]} is not between 0 and 100.")
    share = percent * STEPS
    if share != share.to_integral_value():
        raise _invalid(field, "The finest step is 0.001%.")
    return int(share)


def units(scope: Scope, n: int) -> str:
    """Return a count of what a flag is about: `4 companies`, `1 person`."""
    return plural(n, *UNITS[scope])


def value_text(value: Any) -> str:  # Any: JSON
    """Return a value as one writes it in JSON, but a plain word without its quotes."""
    if isinstance(value, str) and value and not _reads_as_other(value):
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def read_value(text: str) -> Any:  # Any: JSON
    """Return what somebody typed as a value: true, false, a number, JSON in quotes or braces, else the text itself."""
    text = text.strip()
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return text if found is None else found


def read_values(text: str) -> list[Any]:  # Any: JSON scalars
    """Return the values of a condition: one a line, or parted by commas."""
    return [read_value(part) for line in text.splitlines() for part in line.split(",") if part.strip()]


def _reads_as_other(text: str) -> bool:
    return not isinstance(read_value(text), str) or read_value(text) != text or "," in text or text != text.strip()


def _invalid(field: str, message: str) -> InvalidInput:
    return InvalidInput(errors=[{"field": field, "message": message}])
