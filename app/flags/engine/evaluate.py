"""The table a process answers from: every flag of a snapshot compiled, never changed, replaced as a whole."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from app.core.arms import CONTROL, TREATMENT, note
from app.flags.engine.answers import is_on, unknown_flag
from app.flags.engine.compile import Decide, compile_flag
from app.flags.engine.context import Context
from app.flags.engine.counting import Ledger, Tally
from app.flags.engine.model import Evaluation, Flag, FlagType, Prerequisite, Segment, Snapshot
from app.flags.engine.prerequisites import Order, order_flags
from app.flags.engine.steps import Plan


@dataclass(frozen=True, slots=True, eq=False)
class Compiled:
    """One flag ready to answer.

    Attributes:
        needs: What else it was compiled from; while that and the flag are the same, so is this.
        on: Whether it is on for a target; counted.
        evaluate: The whole answer; counted.
    """

    flag: Flag
    needs: tuple[object, ...]
    decide: Decide
    answers: tuple[Evaluation, ...]
    tally: Tally
    on: Callable[[Context], bool]
    evaluate: Callable[[Context], Evaluation]


class Table:
    """Answers every question about the flags of one snapshot.

    Args:
        snapshot: What to answer from.
        previous: The table this one follows in the same process: flags that did not change keep their closures,
            and all counts go to its ledger. Without it the counts of this table are its own, as for a preview.

    Attributes:
        on: Flag → `on(target) -> bool`, for whoever wants the last nanoseconds.
        decide: Flag → `decide(context) -> Evaluation`.
    """

    __slots__ = ("_compiled", "decide", "ledger", "on", "order", "snapshot")

    def __init__(self, snapshot: Snapshot, previous: "Table | None" = None) -> None:
        self.snapshot = snapshot
        self.order: Order = order_flags(snapshot.flags)
        self.ledger: Ledger = previous.ledger if previous else Ledger()
        old = previous._compiled if previous else {}  # noqa: SLF001 (its own class)
        self._compiled: dict[str, Compiled] = {}
        for key in self.order.keys:
            self._compiled[key] = self._compile(snapshot.flags[key], old.get(key))
        for key, before in old.items():
            if self._compiled.get(key) is not before:
                self.ledger.close(before.tally)
        self.on = {key: one.on for key, one in self._compiled.items()}
        self.decide = {key: one.evaluate for key, one in self._compiled.items()}

    def is_enabled(self, key: str, target: Context = None) -> bool:
        """Return whether the flag is on for the target; an unknown flag and an error are off."""
        try:
            on = self.on[key]
        except KeyError:
            return False
        return on(target)

    def evaluate(self, key: str, context: Context = None) -> Evaluation:
        """Return the flag's answer and why; an unknown flag is an error in it."""
        try:
            decide = self.decide[key]
        except KeyError:
            return unknown_flag(key)
        return decide(context)

    def peek(self, key: str, context: Context = None) -> Evaluation:
        """Return the same answer without counting it: for a preview, a tester, a page."""
        one = self._compiled.get(key)
        return _own_copy(one.answers[one.decide(context)]) if one else unknown_flag(key)

    def _compile(self, flag: Flag, old: Compiled | None) -> Compiled:
        needs = self._needs(flag)
        if old is not None and old.needs == needs and (old.flag is flag or old.flag == flag):
            return old
        plan = Plan(flag, self.snapshot.segments, self._ask, self.snapshot.evaluators)
        decide = compile_flag(plan)
        answers, counts = tuple(plan.answers.all), [0] * len(plan.answers.all)
        tally = self.ledger.open(flag.key, tuple((one.variant or "", one.reason.value) for one in answers), counts)
        on = _count_on(flag, decide, answers, counts)
        return Compiled(flag, needs, decide, answers, tally, on, _count_evaluation(flag, decide, answers, counts))

    def _needs(self, flag: Flag) -> tuple[object, ...]:
        settings = flag.settings
        segments: Mapping[str, Segment] = self.snapshot.segments
        return (
            *(segments.get(key) for rule in settings.rules for key in rule.segments),
            *(self._compiled[one.flag] if self.order.is_alive(one) else None for one in settings.prerequisites),
            self.snapshot.evaluators if settings.targeting else None,
        )

    def _ask(self, prerequisite: Prerequisite) -> tuple[Decide, frozenset[int]] | None:
        if not self.order.is_alive(prerequisite):
            return None
        one = self._compiled[prerequisite.flag]
        return one.decide, frozenset(
            number
            for number, answer in enumerate(one.answers)
            if answer.error is None and answer.variant in prerequisite.variants
        )


def _count_on(
    flag: Flag, decide: Decide, answers: tuple[Evaluation, ...], counts: list[int]
) -> Callable[[Context], bool]:
    truths = [is_on(flag, answer) for answer in answers]

    def on(target: Context) -> bool:
        number = decide(target)
        counts[number] += 1
        return truths[number]

    if not flag.watched:
        return on
    arms, key = _arms(flag, answers), flag.key

    def watched(target: Context) -> bool:
        number = decide(target)
        counts[number] += 1
        if arm := arms[number]:
            note(key, arm)
        return truths[number]

    return watched


def _count_evaluation(
    flag: Flag, decide: Decide, answers: tuple[Evaluation, ...], counts: list[int]
) -> Callable[[Context], Evaluation]:
    shared = flag.type is not FlagType.OBJECT
    arms, key = _arms(flag, answers) if flag.watched else [""] * len(answers), flag.key

    def evaluate(context: Context) -> Evaluation:
        number = decide(context)
        counts[number] += 1
        if arm := arms[number]:
            note(key, arm)
        return answers[number] if shared else _own_copy(answers[number])

    return evaluate


def _arms(flag: Flag, answers: tuple[Evaluation, ...]) -> list[str]:
    """Return which arm of a guarded rollout each answer is; an error is neither."""
    return ["" if answer.error else CONTROL if answer.variant == flag.off_variant else TREATMENT for answer in answers]


def _own_copy(answer: Evaluation) -> Evaluation:
    """Return the answer with a value of the caller's own: a shared dict that somebody changes would answer others."""
    if not isinstance(answer.value, dict | list):
        return answer
    return replace(answer, value=copy.deepcopy(answer.value))
