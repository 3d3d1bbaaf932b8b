"""A flag's definition turned into one closure: `decide(context) -> number of the answer`.

The precedence is fixed: kill switch, block, allow, prerequisite, rules (or targeting), percentage, default.
Steps that cannot decide anything are left out, and the shape nearly every flag has, lists and a percentage, is
one function without a loop.
"""

from collections.abc import Callable

from mmh3 import mmh3_32_uintdigest

from app.flags.engine.context import Context, read_attributes, unit_reader
from app.flags.engine.hashing import hash_text, threshold
from app.flags.engine.model import WHOLE, Decider, Reason
from app.flags.engine.steps import PASS, Plan, build_percentage, build_prerequisites, build_rules, build_targeting

Decide = Callable[[Context], int]


def compile_flag(plan: Plan) -> Decide:
    """Return the flag's decision; `plan.answers.all` then holds every answer it can give."""
    settings, answers = plan.flag.settings, plan.answers
    if not settings.enabled:
        disabled = answers.give(plan.flag.off_variant, Reason.DISABLED, Decider.KILL_SWITCH)
        return lambda _context: disabled
    if settings.prerequisites or settings.rules or settings.targeting:
        return _compile_steps(plan)
    if settings.percentage in range(1, WHOLE) and not settings.split:
        return _compile_share(plan)
    return _compile_lists(plan)


def _compile_steps(plan: Plan) -> Decide:
    settings, read_unit = plan.flag.settings, unit_reader(plan.flag.scope)
    allow, block, allowed, blocked = settings.allow, settings.block, *_listed(plan)
    steps = [*build_prerequisites(plan), *(build_rules(plan) if not settings.targeting else build_targeting(plan))]
    last = build_percentage(plan)

    def decide(context: Context) -> int:
        unit = read_unit(context)
        if unit in block:
            return blocked
        if unit in allow:
            return allowed
        attributes = read_attributes(context)
        for step in steps:
            number = step(attributes, unit)
            if number != PASS:
                return number
        return last(unit)

    return decide


def _compile_lists(plan: Plan) -> Decide:
    settings, read_unit = plan.flag.settings, unit_reader(plan.flag.scope)
    allow, block, allowed, blocked = settings.allow, settings.block, *_listed(plan)
    last = build_percentage(plan)
    if not allow and not block and not settings.split:
        constant = last(None)
        return lambda _context: constant

    def decide(context: Context) -> int:
        unit = read_unit(context)
        if unit in block:
            return blocked
        if unit in allow:
            return allowed
        return last(unit)

    return decide


def _compile_share(plan: Plan) -> Decide:
    """Return the decision by lists and a draw: everything in one function, for it is the hot one."""
    flag, answers, read_unit = plan.flag, plan.answers, unit_reader(plan.flag.scope)
    allow, block, allowed, blocked = flag.settings.allow, flag.settings.block, *_listed(plan)
    inside = answers.give(flag.on_variant, Reason.SPLIT, Decider.PERCENTAGE)
    outside = answers.give(flag.off_variant, Reason.SPLIT, Decider.PERCENTAGE)
    missing = answers.missing_key()
    prefix, end, digest = f"{flag.salt}.", threshold(flag.settings.percentage), mmh3_32_uintdigest

    def decide(context: Context) -> int:
        unit = (context or None) if context.__class__ is str else read_unit(context)
        if unit in block:
            return blocked
        if unit in allow:
            return allowed
        if not unit:
            return missing
        try:
            drawn = digest((prefix + unit).encode())
        except UnicodeEncodeError:  # a lone surrogate
            drawn = hash_text(prefix + unit)
        return inside if drawn < end else outside

    return decide


def _listed(plan: Plan) -> tuple[int, int]:
    """Return the answers of the allow list and of the block list."""
    flag, give = plan.flag, plan.answers.give
    allowed = give(flag.on_variant, Reason.TARGETING_MATCH, Decider.ALLOW)
    return allowed, give(flag.off_variant, Reason.TARGETING_MATCH, Decider.BLOCK)
