"""Conditions, segments and draws of the product as JsonLogic that any flagd evaluator answers alike.

The engine is strict about types and JsonLogic is not, so that most comparisons carry a guard. Evaluators differ
too: Python's takes true for 1, and writes it "True". What cannot be said exactly is refused.
"""

from collections.abc import Callable, Iterable
from typing import Any

from app.flags.engine.conditions import build_test
from app.flags.engine.context import OWN_ATTRIBUTE, TARGETING_KEY
from app.flags.engine.model import Condition, Scope, Segment

Logic = dict[str, Any] | bool | str | None
BOOLEAN_TEXTS = {True: ["true", "True"], False: ["false", "False"]}
MAX_NEEDLE = 256  # the longest text that reads as a version


class NotExpressible(ValueError):
    """flagd has no words for this; the message says why, in a sentence."""


def say_unit(scope: Scope) -> Logic:
    """Return what lists and draws go by: the scope's own attribute when it is a text, else the targeting key."""
    own, key = OWN_ATTRIBUTE[scope], {"var": TARGETING_KEY}
    if own == TARGETING_KEY:
        return key
    found = {"var": own}
    return {"if": [{"and": [_is_text(found), {"!==": [found, ""]}]}, found, key]}


def say_listed(unit: Logic, targets: Iterable[str]) -> Logic:
    """Return whether the unit is on a list."""
    return {"in": [unit, sorted(targets)]}


def say_segment(segment: Segment, unit: Logic) -> Logic:
    """Return whether a target belongs: excluded never, included always, else when every condition holds."""
    conditions = [say_condition(condition) for condition in segment.conditions]
    belongs: Logic = {"and": conditions} if conditions else False
    if segment.included:
        belongs = {"or": [say_listed(unit, segment.included), belongs]}
    if segment.excluded:
        belongs = {"and": [{"!": [say_listed(unit, segment.excluded)]}, belongs]}
    return belongs if isinstance(belongs, dict) else {"!!": [belongs]}


def say_condition(condition: Condition) -> Logic:
    """Return the condition as JsonLogic.

    Raises:
        NotExpressible: Its operator or its attribute has no counterpart.
    """
    if build_test(condition) is None:
        return False
    if "." in condition.attribute or condition.attribute.startswith("$"):
        raise NotExpressible(f"“{condition.attribute}” is a path in flagd, not the name of an attribute")
    say = _SAYINGS.get(condition.operator)
    if say is None:
        raise NotExpressible(f"flagd has no comparison “{condition.operator}”")
    logic = say({"var": condition.attribute}, list(condition.values))
    return {"!": [logic]} if condition.negate else logic


def _is_text(found: Logic) -> Logic:
    """Every text starts with the empty one; for anything else the operation answers null."""
    return {"starts_with": [found, ""]}


def _is_number(found: Logic) -> Logic:
    """A number is what adding does not change."""
    every = [*BOOLEAN_TEXTS[True], *BOOLEAN_TEXTS[False]]
    return {"and": [{"===": [found, {"+": [found]}]}, {"!": [{"in": [{"cat": [found]}, every]}]}]}


def _equal_to_any(found: Logic, values: list[Any]) -> Logic:
    texts = [value for value in values if isinstance(value, str)]
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    either: list[Logic] = []
    if texts:
        either.append({"in": [found, texts]})
    if numbers:
        either.append({"and": [_is_number(found), {"in": [found, numbers]}]})
    for truth in (True, False):
        if any(value is truth for value in values):
            written = {"in": [{"cat": [found]}, BOOLEAN_TEXTS[truth]]}
            either.append({"and": [{"===": [found, truth]}, written]})
    return {"or": either}


def _contains(found: Logic, values: list[Any]) -> Logic:
    if not all(isinstance(value, str) for value in values):
        raise NotExpressible("flagd's “in” takes the digits in a text for the number, so “contains” needs texts")
    return {"or": [{"in": [value, found]} for value in values]}


def _text(operation: str) -> Callable[[Logic, list[Any]], Logic]:
    return lambda found, values: {"or": [{operation: [found, value]} for value in values]}


def _ordered(operation: str) -> Callable[[Logic, list[Any]], Logic]:
    return lambda found, values: {"and": [_is_number(found), {operation: [found, values[0]]}]}


def _version(operation: str) -> Callable[[Logic, list[Any]], Logic]:
    """Compare versions, but only full ones: flagd reads 1.2, V1.2.0 and the number 1.2 as versions too."""

    def say(found: Logic, values: list[Any]) -> Logic:
        wanted = values[0].removeprefix("v")
        return {
            "and": [
                _is_text(found),
                {"!": [{"starts_with": [found, "V"]}]},
                {"!": [_is_partial(found)]},
                {"!": [_is_partial({"substr": [found, 1]})]},
                {"sem_ver": [found, operation, wanted]},
            ]
        }

    return say


def _is_partial(found: Logic) -> Logic:
    """Put another number in front: of 1.2 that makes a version, of 1.2.3 it makes none."""
    return {"some": [[{"cat": ["0.", found]}], {"sem_ver": [{"var": ""}, "^", "0.0.0"]}]}


_SAYINGS: dict[str, Callable[[Logic, list[Any]], Logic]] = {
    "equals": _equal_to_any,
    "one_of": _equal_to_any,
    "contains": _contains,
    "starts_with": _text("starts_with"),
    "ends_with": _text("ends_with"),
    "less_than": _ordered("<"),
    "at_most": _ordered("<="),
    "greater_than": _ordered(">"),
    "at_least": _ordered(">="),
    "semver_equals": _version("="),
    "semver_at_least": _version(">="),
    "semver_below": _version("<"),
    "exists": lambda found, _: {"!==": [found, None]},
}
