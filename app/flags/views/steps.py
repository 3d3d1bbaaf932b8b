"""The steps of a flag as its page reads them, from the top: what they ask, and what they give."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.flags.engine.answers import is_on
from app.flags.engine.conditions import say_condition
from app.flags.engine.model import WHOLE, Decider, Evaluation, Flag, FlagType, Reason, Rule, Scope, Serve
from app.flags.views.wording import WHO, percent_text

SHOWN_NAMES, SORTED_AT_MOST = 6, 1000


@dataclass(frozen=True, slots=True)
class ShownStep:
    """One step of the precedence.

    Attributes:
        names: The first targets of a list, as people know them; `more` counts the rest.
        flag: The other flag of a prerequisite; `wanted` what it has to answer.
        sentences: The conditions of a rule.
        share: Thousandths of a percent that the step lets in; None where it asks no draw.
        gives: What it answers, in words; `is_on` for the tone of it.
    """

    decider: Decider
    gives: str
    is_on: bool
    who: str = "Target"
    rule: str | None = None
    name: str = ""
    names: tuple[str, ...] = ()
    more: int = 0
    flag: str = ""
    wanted: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()
    share: int | None = None


def is_shown(flag: Flag, decider: Decider) -> bool:
    """Say whether a step can decide anything; the page and the explanation number the same ones."""
    settings = flag.settings
    match decider:
        case Decider.BLOCK:
            return bool(settings.block)
        case Decider.ALLOW:
            return bool(settings.allow)
        case Decider.PERCENTAGE:
            return settings.percentage > 0 or flag.scope is not Scope.GLOBAL
    return True


def steps_of(flag: Flag, names: Mapping[str, str]) -> list[ShownStep]:
    """Return the steps in the order they are asked.

    Args:
        flag: In one environment, with its lists.
        names: Target → what people call it.
    """
    settings, who = flag.settings, WHO[flag.scope]
    off, on = given(flag, flag.off_variant), given(flag, flag.on_variant)
    steps = [ShownStep(Decider.KILL_SWITCH, off, is_on=False)]
    if settings.block:
        steps.append(_list_step(Decider.BLOCK, settings.block, names, who, off, is_on=False))
    if settings.allow:
        steps.append(_list_step(Decider.ALLOW, settings.allow, names, who, on, is_on=True))
    steps += [
        ShownStep(Decider.PREREQUISITE, off, is_on=False, who=who, flag=one.flag, wanted=one.variants)
        for one in settings.prerequisites
    ]
    if settings.targeting:
        steps.append(ShownStep(Decider.TARGETING, "as it names", is_on=True))
    else:
        steps += [_rule_step(flag, rule, who) for rule in settings.rules]
    if is_shown(flag, Decider.PERCENTAGE):
        inside = split_text(settings.split) if settings.split else on
        steps.append(ShownStep(Decider.PERCENTAGE, inside, is_on=True, who=who, share=settings.percentage))
    return [*steps, ShownStep(Decider.DEFAULT, off, is_on=False, who=who)]


def given(flag: Flag, variant: str | None) -> str:
    """Return what a variant means in words: `on` and `off` of a plain flag, else the variant's name."""
    if variant is None:
        return "the caller’s default"
    if flag.type is FlagType.BOOLEAN and flag.variants.get(variant) is (variant == "on"):
        return variant
    return f"variant {variant}"


def is_on_variant(flag: Flag, variant: str | None) -> bool:
    """Say whether a variant counts as on."""
    value = flag.variants.get(variant) if variant is not None else None
    return is_on(flag, Evaluation(flag.key, value, variant, Reason.STATIC))


def split_text(split: Iterable[tuple[str, int]]) -> str:
    """Return the parts of a split: `blue 50%, green 50%`."""
    parts = list(split)
    whole = sum(weight for _, weight in parts) or 1
    return ", ".join(f"{variant} {percent_text(round(weight * WHOLE / whole))}" for variant, weight in parts)


def _rule_step(flag: Flag, rule: Rule, who: str) -> ShownStep:
    return ShownStep(
        Decider.RULE,
        _served(flag, rule.serve),
        is_on=bool(rule.serve.split) or is_on_variant(flag, rule.serve.variant),
        who=who,
        rule=rule.id,
        name=rule.name,
        segments=rule.segments,
        sentences=tuple(say_condition(condition) for condition in rule.conditions),
        share=rule.serve.percentage if rule.serve.percentage < WHOLE else None,
    )


def _served(flag: Flag, serve: Serve) -> str:
    return split_text(serve.split) if serve.split else given(flag, serve.variant)


def _list_step(
    decider: Decider, targets: frozenset[str], names: Mapping[str, str], who: str, gives: str, *, is_on: bool
) -> ShownStep:
    words = tuple(names.get(target, target) for target in first_targets(targets))
    return ShownStep(decider, gives, is_on, who, names=words, more=len(targets) - len(words))


def first_targets(targets: frozenset[str]) -> list[str]:
    """Return a few of a list; very many are not sorted for it."""
    if len(targets) <= SORTED_AT_MOST:
        return sorted(targets)[:SHOWN_NAMES]
    return sorted(target for target, _ in zip(targets, range(SHOWN_NAMES), strict=False))
