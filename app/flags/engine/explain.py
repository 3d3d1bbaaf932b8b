"""Why a flag answers what it answers: the definition read step by step, with every operand.

Written apart from the compiled closures, so that a test can hold one against the other.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from app.flags.engine.answers import answer, broken_targeting, missing_key, unknown_flag
from app.flags.engine.conditions import build_test
from app.flags.engine.context import Context, read_attributes, read_unit
from app.flags.engine.evaluate import Table
from app.flags.engine.explanation import (
    Draw,
    ExplainedStep,
    Explanation,
    Membership,
    Operand,
    Split,
    Verdict,
    say_percentage,
    say_prerequisite,
    say_rule,
    say_variant,
)
from app.flags.engine.hashing import hash_text, place, rule_salt, split_salt
from app.flags.engine.model import WHOLE, Condition, Decider, Evaluation, Flag, Prerequisite, Reason, Rule
from app.flags.engine.steps import read_targeting


@dataclass(slots=True)
class Found:
    """What a step found out; it passes when it has no answer."""

    answer: Evaluation | None = None
    operands: tuple[Operand, ...] = ()
    memberships: tuple[Membership, ...] = ()
    draw: Draw | None = None
    split: Split | None = None
    prerequisite: Explanation | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A step that may be asked."""

    decider: Decider
    sentence: str
    ask: Callable[[], Found]
    rule: str | None = None


def explain(table: Table, key: str, context: Context) -> Explanation:
    """Explain what a flag answers to a context. Counts nothing."""
    flag = table.snapshot.flags.get(key)
    if flag is None:
        return Explanation(key, None, (), unknown_flag(key))
    return Reading(table, flag, context).explain()


class Reading:
    """One flag read for one context."""

    def __init__(self, table: Table, flag: Flag, context: Context) -> None:
        self.table, self.flag, self.context = table, flag, context
        self.unit = read_unit(context, flag.scope)
        self.attributes = read_attributes(context)

    def explain(self) -> Explanation:
        """Ask the steps in order until one answers; the default always does."""
        explained: list[ExplainedStep] = []
        final: Evaluation | None = None
        for step in self._steps():
            found = Found() if final else step.ask()
            verdict = Verdict.NOT_REACHED if final else Verdict.DECIDED if found.answer else Verdict.PASSED
            final = final or found.answer
            details = (found.operands, found.memberships, found.draw, found.split, found.prerequisite)
            explained.append(ExplainedStep(step.decider, step.sentence, verdict, step.rule, *details))
        if final is None:
            raise AssertionError("the default step always answers")
        return Explanation(self.flag.key, self.unit, tuple(explained), final)

    def _steps(self) -> Iterator[Step]:
        settings, off = self.flag.settings, say_variant(self.flag.off_variant)
        pulled = f"The kill switch is pulled: everybody gets {off}."
        yield Step(Decider.KILL_SWITCH, "The flag is on." if settings.enabled else pulled, self._kill_switch)
        yield Step(Decider.BLOCK, f"The block list of {len(settings.block):,} gets {off}.", self._block)
        on = say_variant(self.flag.on_variant)
        yield Step(Decider.ALLOW, f"The allow list of {len(settings.allow):,} gets {on}.", self._allow)
        for one in settings.prerequisites:
            yield Step(Decider.PREREQUISITE, say_prerequisite(one), partial(self._prerequisite, one))
        if settings.targeting:
            yield Step(Decider.TARGETING, "The imported targeting names a variant.", self._targeting)
        else:
            for rule in settings.rules:
                yield Step(Decider.RULE, say_rule(rule), partial(self._rule, rule), rule.id)
            yield Step(Decider.PERCENTAGE, say_percentage(self.flag), self._percentage)
        yield Step(Decider.DEFAULT, f"Everybody else gets {off}.", lambda: self._off(Reason.DEFAULT, Decider.DEFAULT))

    def _kill_switch(self) -> Found:
        return Found() if self.flag.settings.enabled else self._off(Reason.DISABLED, Decider.KILL_SWITCH)

    def _block(self) -> Found:
        if self.unit not in self.flag.settings.block:
            return Found()
        return self._off(Reason.TARGETING_MATCH, Decider.BLOCK)

    def _allow(self) -> Found:
        if self.unit not in self.flag.settings.allow:
            return Found()
        return Found(answer(self.flag, self.flag.on_variant, Reason.TARGETING_MATCH, Decider.ALLOW))

    def _prerequisite(self, prerequisite: Prerequisite) -> Found:
        unmet = self._off(Reason.DEFAULT, Decider.PREREQUISITE)
        if not self.table.order.is_alive(prerequisite):
            return unmet
        asked = explain(self.table, prerequisite.flag, self.context)
        met = asked.evaluation.error is None and asked.evaluation.variant in prerequisite.variants
        return Found(None if met else unmet.answer, prerequisite=asked)

    def _targeting(self) -> Found:
        name_variant = read_targeting(self.flag, self.table.snapshot.evaluators)
        if name_variant is None:
            return Found(broken_targeting(self.flag))
        named = name_variant(self.attributes)
        if named is None:
            return Found()
        return Found(answer(self.flag, str(named), Reason.TARGETING_MATCH, Decider.TARGETING))

    def _rule(self, rule: Rule) -> Found:
        found = Found(operands=self._operands(rule.conditions))
        found.memberships = tuple(self._membership(key) for key in rule.segments)
        fits = all(operand.holds for operand in found.operands)
        if rule.segments and not any(one.belongs for one in found.memberships):
            fits = False
        serve = rule.serve
        split = serve.split or (((serve.variant, 1),) if serve.variant is not None else ())
        parts = tuple((variant, weight) for variant, weight in split if weight > 0)
        if fits and parts and serve.percentage > 0:
            plain = Reason.TARGETING_MATCH if serve.percentage >= WHOLE and len(parts) == 1 else Reason.SPLIT
            self._draw(found, rule_salt(self.flag.salt, rule.id), serve.percentage)
            self._pick(found, parts, plain, Decider.RULE, rule.id)
        return found

    def _percentage(self) -> Found:
        settings, found = self.flag.settings, Found()
        split = settings.split or ((self.flag.on_variant, 1),)
        parts = tuple((variant, weight) for variant, weight in split if weight > 0)
        self._draw(found, self.flag.salt, settings.percentage)
        if settings.percentage <= 0 or not parts:
            return found
        reason = Reason.SPLIT
        if settings.percentage >= WHOLE and len(parts) == 1:
            anyone = not (settings.rules or settings.prerequisites or settings.allow or settings.block)
            reason = Reason.STATIC if anyone else Reason.DEFAULT
        self._pick(found, parts, reason, Decider.PERCENTAGE)
        if found.answer is None:
            found.answer = answer(self.flag, self.flag.off_variant, Reason.SPLIT, Decider.PERCENTAGE)
        return found

    def _draw(self, found: Found, salt: str, share: int) -> None:
        """Note the place in a draw, also where the share is nobody or everybody: people ask “from which percentage?”."""
        found.draw = Draw(salt, self.unit, place(salt, self.unit) if self.unit else None, share)

    def _pick(
        self,
        found: Found,
        parts: tuple[tuple[str, int], ...],
        reason: Reason,
        decider: Decider,
        rule: str | None = None,
    ) -> None:
        """Note the answer of those inside the draw; those outside get none."""
        draw = found.draw
        if draw is None or (draw.share < WHOLE and draw.unit and not draw.inside):
            return
        if self.unit is None and (draw.share < WHOLE or len(parts) > 1):
            found.answer = missing_key(self.flag)
            return
        variant = parts[0][0]
        if len(parts) > 1 and self.unit:
            found.split = self._split(self.unit, parts)
            variant = found.split.variant or variant
        found.answer = answer(self.flag, variant, reason, decider, rule)

    def _split(self, unit: str, parts: tuple[tuple[str, int], ...]) -> Split:
        salt = split_salt(self.flag.salt)
        spot = left = hash_text(f"{salt}.{unit}") * sum(weight for _, weight in parts) >> 32
        for variant, weight in parts:
            if left < weight:
                return Split(salt, unit, spot, parts, variant)
            left -= weight
        raise AssertionError("the spot is less than the sum of the weights")

    def _membership(self, key: str) -> Membership:
        segment = self.table.snapshot.segments.get(key)
        if segment is None:
            return Membership(key, belongs=False, how="unknown-segment")
        if self.unit in segment.excluded:
            return Membership(key, belongs=False, how="excluded")
        if self.unit in segment.included:
            return Membership(key, belongs=True, how="included")
        operands = self._operands(segment.conditions)
        belongs = len(operands) > 0 and all(operand.holds for operand in operands)
        return Membership(key, belongs, "conditions" if belongs else "no-match", operands)

    def _operands(self, conditions: Iterable[Condition]) -> tuple[Operand, ...]:
        return tuple(self._operand(condition) for condition in conditions)

    def _operand(self, condition: Condition) -> Operand:
        found, test = self.attributes.get(condition.attribute), build_test(condition)
        return Operand(condition, found, test is not None and test(found) != condition.negate)

    def _off(self, reason: Reason, decider: Decider) -> Found:
        return Found(answer(self.flag, self.flag.off_variant, reason, decider))
