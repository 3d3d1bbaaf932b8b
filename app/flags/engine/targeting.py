"""The targeting of an imported flagd flag as a function of the context.

A flag carries its shared rules with it, under `$evaluators` beside the one operation of its targeting, so that
it answers the same wherever it is copied to.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

from app.flags.engine.coercion import to_text
from app.flags.engine.jsonlogic import Compiler
from app.flags.engine.model import Flag

EVALUATORS = "$evaluators"
Targeting = Callable[[Mapping[str, Any]], str | bool | None]


def compile_targeting(flag: Flag, evaluators: Mapping[str, Any] | None = None) -> Targeting:
    """Return the function that names the variant of a context; None when the targeting decides nothing.

    flagd's `true` and `false` come back as the names "true" and "false". A name may be none of the flag's: the
    caller has to look.

    Args:
        flag: A flag whose `settings.targeting` is set.
        evaluators: Shared rules besides the ones that the flag carries.

    Raises:
        LogicError: The targeting holds an operation or a `$ref` that does not exist, or is too large.
    """
    rule, own = split_targeting(flag.settings.targeting or {})
    logic = Compiler(flag.key, flag.algorithm, {**(evaluators or {}), **own}).compile(rule)
    key = flag.key

    def target(context: Mapping[str, Any]) -> str | None:
        data = {"targetingKey": None, **context, "$flagd": {"flagKey": key, "timestamp": int(time.time())}}
        answer = logic(data)
        if answer is None or isinstance(answer, str):
            return answer or None
        return to_text(answer)

    return target


def split_targeting(kept: Mapping[str, Any]) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    """Return the rule and the shared rules of a targeting as it is kept; None for an empty rule."""
    rule = {name: part for name, part in kept.items() if name != EVALUATORS}
    return rule or None, dict(kept.get(EVALUATORS) or {})
