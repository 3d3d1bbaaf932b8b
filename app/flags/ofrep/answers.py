"""Evaluations as OFREP writes them."""

from collections.abc import Mapping
from typing import Any

from app.flags.engine.evaluate import Table
from app.flags.engine.model import ErrorCode, Evaluation, Flag, FlagType, Value

JSON = dict[str, Any]  # Any: JSON


def success_or_failure(found: Evaluation, flag: Flag | None) -> JSON:
    """Return one flag's answer, with or without an error."""
    if found.error is not None:
        return failure(found.key, found.error, found.detail or found.error.value)
    answer: JSON = {"key": found.key, "reason": found.reason.value}
    if found.variant is not None:  # without one the caller's own default is meant
        answer["variant"] = found.variant
        answer["value"] = _as_sent(found.value, flag)
    metadata = dict(found.metadata)
    if found.decider is not None:
        metadata["decider"] = found.decider.value
    if found.rule is not None:
        metadata["rule"] = found.rule
    if metadata:
        answer["metadata"] = metadata
    return answer


def failure(key: str | None, code: ErrorCode, details: str) -> JSON:
    """Return what could not be answered, and why."""
    answer: JSON = {} if key is None else {"key": key}
    return answer | {"errorCode": code.value, "errorDetails": details}


def evaluate_all(table: Table, context: Mapping[str, Any]) -> list[JSON]:
    """Return the answer of every flag; one that fails does not fail the others."""
    flags = table.snapshot.flags
    return [success_or_failure(table.evaluate(key, context), flags[key]) for key in sorted(flags)]


def _as_sent(value: Value | None, flag: Flag | None) -> Value | None:
    """A number flag with one fractional variant is a float flag: clients take 1 for an integer and refuse it."""
    if flag is None or flag.type is not FlagType.NUMBER or not isinstance(value, int) or isinstance(value, bool):
        return value
    return float(value) if any(isinstance(one, float) for one in flag.variants.values()) else value
