"""Who a question is about: a bare targeting key, or a mapping with `targetingKey`, `company`, `user` and anything else."""

from collections.abc import Callable, Mapping
from typing import Any

from app.flags.engine.model import Scope

Attributes = Mapping[str, Any]  # Any: whatever the caller knows about the target
Context = str | Attributes | None
TARGETING_KEY = "targetingKey"
OWN_ATTRIBUTE = {Scope.COMPANY: "company", Scope.USER: "user", Scope.GLOBAL: TARGETING_KEY}


def read_attributes(context: Context) -> Attributes:
    """Return the context as a mapping; a bare key is its targeting key."""
    if isinstance(context, str):
        return {TARGETING_KEY: context}
    return context if isinstance(context, Mapping) else {}


def read_unit(context: Context, scope: Scope) -> str | None:
    """Return what lists hold and draws are made by: the scope's own attribute, else the targeting key."""
    return unit_reader(scope)(context)


def unit_reader(scope: Scope) -> Callable[[Context], str | None]:
    """Return the reader of one scope's unit. What is no text, or empty, is no unit."""
    own = OWN_ATTRIBUTE[scope]

    def read(context: Context) -> str | None:
        if isinstance(context, str):
            return context or None
        if context.__class__ is not dict and not isinstance(context, Mapping):  # the second is slow
            return None
        unit = context.get(own)
        if not (isinstance(unit, str) and unit):
            unit = context.get(TARGETING_KEY)
        return unit if isinstance(unit, str) and unit else None

    return read
