"""Conditions: what they say to people, what is wrong with one, and the test it makes."""

from collections.abc import Callable
from typing import Any

from app.flags.engine.context import Attributes
from app.flags.engine.model import Condition
from app.flags.engine.operators import OPERATORS

# What the editor accepts. The engine itself takes any number.
MAX_RULES = 50  # in a flag
MAX_CONDITIONS = 100  # in a rule or a segment
MAX_VALUES = 1_000  # in a condition; more are a segment
MAX_TEXT = 500  # characters of an attribute's name or of a value
SHOWN = 5  # values of a long list in a sentence


def compile_condition(condition: Condition) -> Callable[[Attributes], bool]:
    """Return the test of a context. An unknown operator or impossible values never hold, negated or not."""
    test, attribute, negate = build_test(condition), condition.attribute, condition.negate
    if test is None:
        return lambda _attributes: False
    if negate:
        return lambda attributes: not test(attributes.get(attribute))
    return lambda attributes: test(attributes.get(attribute))


def build_test(condition: Condition) -> Callable[[Any], bool] | None:
    """Return the test of the attribute alone, before negation; None when the condition makes none."""
    operator = OPERATORS.get(condition.operator)
    return operator.compile(condition.values) if operator else None


def check_condition(condition: Condition) -> str | None:
    """Return what is wrong with a condition as a sentence, or None."""
    operator = OPERATORS.get(condition.operator)
    if operator is None:
        return f"There is no operator “{condition.operator[:60]}”. Use one of: {', '.join(OPERATORS)}."
    if not condition.attribute.strip() or len(condition.attribute) > MAX_TEXT:
        return f"Name the attribute, in at most {MAX_TEXT} characters."
    if len(condition.values) > MAX_VALUES:
        return f"A condition takes at most {MAX_VALUES:,} values; make a segment for more."
    if any(isinstance(value, str) and not 0 < len(value) <= MAX_TEXT for value in condition.values):
        return f"Each value of “{condition.attribute}” needs 1 to {MAX_TEXT} characters."
    if operator.compile(condition.values) is None:
        return f"“{condition.attribute} {operator.says}” takes {operator.wants}."
    return None


def say_condition(condition: Condition) -> str:
    """Return the condition as people say it: “release is at least 2026.11.0”."""
    operator = OPERATORS.get(condition.operator)
    if operator is None:
        return f"{condition.attribute} {condition.operator} (an unknown operator)"
    words = [condition.attribute, operator.says_not if condition.negate else operator.says]
    shown = ", ".join(say_value(value) for value in condition.values[:SHOWN])
    if len(condition.values) > SHOWN:
        shown += f" or {len(condition.values) - SHOWN:,} more"
    return " ".join([*words, shown] if shown else words)


def say_value(value: Any) -> str:
    """Return a value as people write it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "nothing" if value is None else str(value)
