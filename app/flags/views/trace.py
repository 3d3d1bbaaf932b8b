"""Why somebody gets an answer, line by line, in the numbers that the steps of the page have."""

from dataclasses import dataclass

from app.flags.engine.conditions import say_value
from app.flags.engine.explanation import Draw, ExplainedStep, Explanation, Membership, Operand, Verdict
from app.flags.engine.model import WHOLE, Decider, Flag
from app.flags.views.steps import given, is_shown, split_text
from app.flags.views.wording import percent_text

Words = tuple[tuple[str, str], ...]  # ("text" or "code", what)
HOW = {
    "included": "included by name",
    "excluded": "excluded by name",
    "unknown-segment": "there is no such segment",
}


@dataclass(frozen=True, slots=True)
class TraceLine:
    """One step of an explanation.

    Attributes:
        number: As the page counts the steps.
        is_hit: It decided; `is_reached` is false for what stands after it.
    """

    number: int
    words: Words
    is_hit: bool
    is_reached: bool


def trace_of(flag: Flag, explanation: Explanation, whose: str) -> list[TraceLine]:
    """Return the lines of an explanation.

    Args:
        flag: The flag that was explained.
        explanation: What the engine found.
        whose: How the page calls the target.
    """
    lines: list[TraceLine] = []
    draw = next((step.draw for step in explanation.steps if step.decider is Decider.PERCENTAGE), None)
    for step in explanation.steps:
        if not is_shown(flag, step.decider):
            continue
        is_hit = step.verdict is Verdict.DECIDED
        words = _words(flag, step, whose, draw)
        lines.append(TraceLine(len(lines) + 1, words, is_hit, step.verdict is not Verdict.NOT_REACHED))
    return lines


def hit_number(lines: list[TraceLine]) -> int | None:
    """Return the number of the line that decided."""
    return next((line.number for line in lines if line.is_hit), None)


def _words(flag: Flag, step: ExplainedStep, whose: str, draw: Draw | None) -> Words:
    is_reached, is_hit = step.verdict is not Verdict.NOT_REACHED, step.verdict is Verdict.DECIDED
    settings = flag.settings
    match step.decider:
        case Decider.KILL_SWITCH:
            off = given(flag, flag.off_variant)
            return _text(f"Switched off? {f'Yes: {off} for everybody.' if is_hit else 'No.'}")
        case Decider.BLOCK | Decider.ALLOW:
            many = len(settings.block if step.decider is Decider.BLOCK else settings.allow)
            found = "on it." if is_hit else "not on it." if is_reached else "not asked."
            return _text(f"{step.decider.value.capitalize()} list of {many:,}: {found}")
        case Decider.PREREQUISITE:
            return _prerequisite(flag, step, whose)
        case Decider.RULE:
            return _rule(flag, step)
        case Decider.TARGETING:
            return _text("Imported targeting: " + ("it names a variant." if is_hit else "it names none."))
        case Decider.PERCENTAGE:
            return _percentage(flag, step)
    return _otherwise(flag, step, draw)


def _prerequisite(flag: Flag, step: ExplainedStep, whose: str) -> Words:
    if step.prerequisite is None:
        return _text(step.sentence + (" It cannot be asked." if step.verdict is Verdict.DECIDED else ""))
    answer = step.prerequisite.evaluation
    said = given(flag, answer.variant) if answer.error is None else "an error"
    unmet = f", which is not enough: {given(flag, flag.off_variant)}." if step.verdict is Verdict.DECIDED else "."
    return (("code", step.prerequisite.key), ("text", f": {said} for {whose}{unmet}"))


def _rule(flag: Flag, step: ExplainedStep) -> Words:
    rule = next(rule for rule in flag.settings.rules if rule.id == step.rule)
    label = f"{rule.name}: " if rule.name else ""
    if step.verdict is Verdict.NOT_REACHED:
        return _text(f"{label or 'Rule: '}not asked.")
    if step.verdict is Verdict.DECIDED:
        gives = split_text(rule.serve.split) if rule.serve.split else given(flag, rule.serve.variant)
        drawn = _drawn(step.draw) if step.draw and step.draw.share < WHOLE else ()
        split = (("text", f" The split gives {step.split.variant}."),) if step.split else ()
        return (("text", f"{label}everything holds: {gives}. "), *drawn, *split)
    fails = next((one for one in step.operands if not one.holds), None)
    if fails is not None:
        return (("text", label), *_operand(fails))
    if step.memberships and not any(one.belongs for one in step.memberships):
        return (("text", label), *_memberships(step.memberships))
    return (("text", label), *(_drawn(step.draw) if step.draw else _text("it gives nothing.")))


def _operand(operand: Operand) -> Words:
    found = "not set" if operand.found is None else say_value(operand.found)[:120]
    return (("text", f"{operand.sentence}? "), ("text", f"{operand.condition.attribute} is "), ("code", found))


def _memberships(memberships: tuple[Membership, ...]) -> Words:
    words: list[tuple[str, str]] = []
    for one in memberships:
        words.append(("text", f"{'; ' if words else ''}segment {one.segment}: "))
        fails = next((operand for operand in one.operands if not operand.holds), None)
        words += _operand(fails) if fails else (("text", HOW.get(one.how, "not in it") + "."),)
    return tuple(words)


def _percentage(flag: Flag, step: ExplainedStep) -> Words:
    if step.verdict is Verdict.NOT_REACHED:
        return _text("Draw: not asked.")
    if step.draw is None or step.draw.share >= WHOLE:
        return _text(f"Everybody else is in: {given(flag, flag.on_variant)}.")
    if step.draw.share <= 0:
        return _text("Nobody is in by draw: the share is 0%.")
    if step.split is not None:
        return (*_drawn(step.draw), ("text", f" The split gives {step.split.variant}."))
    return (*_drawn(step.draw), *_would_be_in(step.draw))


def _drawn(draw: Draw) -> Words:
    if draw.place is None:
        return _text("The context has nothing to draw by.")
    relation = "below" if draw.inside else "not below"
    return (
        ("text", "Draw "), ("code", f"{draw.place / 1000:.3f}"), ("text", f" is {relation} "),
        ("code", f"{draw.share / 1000:.3f}"), ("text", "."),
    )  # fmt: skip


def _otherwise(flag: Flag, step: ExplainedStep, draw: Draw | None) -> Words:
    text = f"Otherwise {given(flag, flag.off_variant)}."
    is_hit = step.verdict is Verdict.DECIDED
    return (("text", text), *(_would_be_in(draw) if is_hit and draw else ()))


def _would_be_in(draw: Draw) -> Words:
    if draw.inside or draw.inside_from is None:
        return ()
    return (("text", f" From {percent_text(draw.inside_from)} the draw lets it in."),)


def _text(text: str) -> Words:
    return (("text", text),)
