"""The steps between the lists and the default: prerequisites, rules, targeting, percentage."""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app.flags.engine.answers import Answers
from app.flags.engine.conditions import compile_condition
from app.flags.engine.context import Attributes
from app.flags.engine.hashing import hash_text, rule_salt, split_salt, threshold, thresholds
from app.flags.engine.jsonlogic import LogicError
from app.flags.engine.model import WHOLE, Decider, Flag, Prerequisite, Reason, Rule, Segment, Serve
from app.flags.engine.targeting import Targeting, compile_targeting

Step = Callable[[Attributes, str | None], int]
Pick = Callable[[str | None], int]  # unit → number of the answer
Test = Callable[[Attributes, str | None], bool]
PASS = -1  # the step leaves the decision to the next


class Plan:
    """What one flag is compiled from.

    Attributes:
        ask: Prerequisite → its flag's decision and the numbers of the answers that meet it; None when it is dead.
    """

    def __init__(
        self,
        flag: Flag,
        segments: Mapping[str, Segment],
        ask: Callable[[Prerequisite], tuple[Callable[[Attributes], int], frozenset[int]] | None],
        evaluators: Mapping[str, Any],
    ) -> None:
        self.flag, self.segments, self.ask, self.evaluators = flag, segments, ask, evaluators
        self.answers = Answers(flag)


def build_prerequisites(plan: Plan) -> list[Step]:
    """Return a step for each prerequisite: it passes when met, and gives the off variant when not."""
    return [_build_prerequisite(plan, one) for one in plan.flag.settings.prerequisites]


def _build_prerequisite(plan: Plan, prerequisite: Prerequisite) -> Step:
    unmet = plan.answers.give(plan.flag.off_variant, Reason.DEFAULT, Decider.PREREQUISITE)
    asked = plan.ask(prerequisite)
    if asked is None:
        return lambda _attributes, _unit: unmet
    decide, meets = asked
    return lambda attributes, _unit: PASS if decide(attributes) in meets else unmet


def build_rules(plan: Plan) -> list[Step]:
    """Return a step for each rule that can serve anything."""
    steps = []
    for rule in plan.flag.settings.rules:
        pick = _build_serve(plan, rule.serve, rule.id)
        if pick is not None:
            steps.append(_build_rule(plan, rule, pick))
    return steps


def _build_rule(plan: Plan, rule: Rule, pick: Pick) -> Step:
    conditions = tuple(compile_condition(condition) for condition in rule.conditions)
    segments = tuple(compile_segment(plan.segments[key]) for key in rule.segments if key in plan.segments)
    anyone = not rule.segments

    def step(attributes: Attributes, unit: str | None) -> int:
        for holds in conditions:
            if not holds(attributes):
                return PASS
        if not anyone and not any(belongs(attributes, unit) for belongs in segments):
            return PASS
        return pick(unit)

    return step


def compile_segment(segment: Segment) -> Test:
    """Return whether a target belongs: excluded never, included always, else when every condition holds."""
    conditions = tuple(compile_condition(condition) for condition in segment.conditions)
    included, excluded = segment.included, segment.excluded

    def belongs(attributes: Attributes, unit: str | None) -> bool:
        if unit in excluded:
            return False
        if unit in included:
            return True
        return bool(conditions) and all(holds(attributes) for holds in conditions)

    return belongs


def _build_serve(plan: Plan, serve: Serve, rule: str) -> Pick | None:
    """Return what a matching rule gives; None when it gives nobody anything."""
    parts = serving_parts(serve.variant, serve.split)
    if not parts or serve.percentage <= 0:
        return None
    drawn = len(parts) > 1 or serve.percentage < WHOLE
    reason = Reason.SPLIT if drawn else Reason.TARGETING_MATCH
    numbers = [plan.answers.give(variant, reason, Decider.RULE, rule) for variant, _ in parts]
    inside = _build_split(plan, numbers, parts)
    return _build_draw(plan, rule_salt(plan.flag.salt, rule), serve.percentage, inside, PASS)


def build_targeting(plan: Plan) -> list[Step]:
    """Return the step of an imported flag's own logic: it names a variant, or passes with None."""
    flag, give = plan.flag, plan.answers.give
    name_variant = read_targeting(flag, plan.evaluators)
    if name_variant is None:
        broken = plan.answers.broken_targeting()
        return [lambda _attributes, _unit: broken]
    numbers = {variant: give(variant, Reason.TARGETING_MATCH, Decider.TARGETING) for variant in flag.variants}
    unknown = plan.answers.unknown_variant()

    def step(attributes: Attributes, unit: str | None) -> int:
        named = name_variant(attributes)
        return PASS if named is None else numbers.get(str(named), unknown)

    return [step]


def read_targeting(flag: Flag, evaluators: Mapping[str, Any]) -> Targeting | None:
    """Return the compiled targeting; None when it cannot be, which must not keep the other flags from answering."""
    try:
        return compile_targeting(flag, evaluators)
    except LogicError:
        return None


def build_percentage(plan: Plan) -> Pick:
    """Return the last step: the percentage, else the default."""
    flag, settings, answers = plan.flag, plan.flag.settings, plan.answers
    parts = serving_parts(flag.on_variant, settings.split)
    if settings.percentage <= 0 or not parts or settings.targeting:
        default = answers.give(flag.off_variant, Reason.DEFAULT, Decider.DEFAULT)
        return lambda _unit: default
    reason = whole_reason(flag) if settings.percentage >= WHOLE and len(parts) == 1 else Reason.SPLIT
    numbers = [answers.give(variant, reason, Decider.PERCENTAGE) for variant, _ in parts]
    outside = answers.give(flag.off_variant, Reason.SPLIT, Decider.PERCENTAGE)
    return _build_draw(plan, flag.salt, settings.percentage, _build_split(plan, numbers, parts), outside)


def serving_parts(variant: str | None, split: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """Return the variants that somebody gets, with their weights. A split without any weight gives nothing."""
    if split:
        return [(name, weight) for name, weight in split if weight > 0]
    return [(variant, 1)] if variant is not None else []


def whole_reason(flag: Flag) -> Reason:
    """Return why everybody gets the on variant: STATIC, which clients may keep, only if nothing could say otherwise."""
    settings = flag.settings
    asks = settings.rules or settings.prerequisites or settings.allow or settings.block
    return Reason.DEFAULT if asks else Reason.STATIC


def _build_draw(plan: Plan, salt: str, share: int, inside: Pick, outside: int) -> Pick:
    if share >= WHOLE:
        return inside
    prefix, end, missing = f"{salt}.", threshold(share), plan.answers.missing_key()

    def pick(unit: str | None) -> int:
        if not unit:
            return missing
        return inside(unit) if hash_text(prefix + unit) < end else outside

    return pick


def _build_split(plan: Plan, numbers: Sequence[int], parts: Sequence[tuple[str, int]]) -> Pick:
    if len(numbers) == 1:
        only = numbers[0]
        return lambda _unit: only
    prefix, missing = f"{split_salt(plan.flag.salt)}.", plan.answers.missing_key()
    ends = thresholds(weight for _, weight in parts)

    def pick(unit: str | None) -> int:
        return numbers[bisect_right(ends, hash_text(prefix + unit))] if unit else missing

    return pick
