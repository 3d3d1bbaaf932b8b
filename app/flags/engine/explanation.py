"""What an explanation is made of, and the sentences in it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.flags.engine.conditions import say_condition
from app.flags.engine.model import WHOLE, Condition, Decider, Evaluation, Flag, Prerequisite, Rule, Serve


class Verdict(StrEnum):
    """What became of a step."""

    DECIDED = "decided"
    PASSED = "passed"
    NOT_REACHED = "not-reached"


@dataclass(frozen=True, slots=True)
class Operand:
    """One condition and what was found.

    Attributes:
        found: The attribute of the context; None when it has none.
    """

    condition: Condition
    found: Any
    holds: bool

    @property
    def sentence(self) -> str:
        """The condition as people say it."""
        return say_condition(self.condition)


@dataclass(frozen=True, slots=True)
class Membership:
    """Whether the target is in a segment, and how: included, excluded, conditions, no-match, unknown-segment."""

    segment: str
    belongs: bool
    how: str
    operands: tuple[Operand, ...] = ()


@dataclass(frozen=True, slots=True)
class Draw:
    """A draw by percentage.

    Attributes:
        unit: What was drawn by; None when the context has nothing to draw by.
        place: 0 to 99,999; inside when it is less than the share.
        share: Thousandths of a percent.
    """

    salt: str
    unit: str | None
    place: int | None
    share: int

    @property
    def inside(self) -> bool:
        """Whether the target is in the share."""
        return self.place is not None and self.place < self.share

    @property
    def inside_from(self) -> int | None:
        """The smallest share, in thousandths of a percent, that has the target inside."""
        return None if self.place is None else self.place + 1


@dataclass(frozen=True, slots=True)
class Split:
    """A draw between variants: the spot among all weights, and the variant whose part it falls in."""

    salt: str
    unit: str | None
    spot: int | None
    parts: tuple[tuple[str, int], ...]
    variant: str | None


@dataclass(frozen=True, slots=True)
class ExplainedStep:
    """One step of the precedence; the details are there when it was reached.

    Attributes:
        prerequisite: The other flag's own explanation; None when the step asks none, or may not ask it.
    """

    decider: Decider
    sentence: str
    verdict: Verdict
    rule: str | None = None
    operands: tuple[Operand, ...] = ()
    memberships: tuple[Membership, ...] = ()
    draw: Draw | None = None
    split: Split | None = None
    prerequisite: "Explanation | None" = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Every step in order, and the answer.

    Attributes:
        unit: What the lists are asked about and the draws are made by.
    """

    key: str
    unit: str | None
    steps: tuple[ExplainedStep, ...]
    evaluation: Evaluation


def say_share(share: int) -> str:
    """Return thousandths of a percent as people write them: 12.5 %."""
    return f"{share / 1000:g} %"


def say_variant(variant: str | None) -> str:
    """Return a variant's name; none is the default of the code that asks."""
    return f"“{variant}”" if variant is not None else "the default of the code"


def say_serve(serve: Serve) -> str:
    """Return what a rule gives."""
    given = say_split(serve.split) if serve.split else say_variant(serve.variant)
    return given if serve.percentage >= WHOLE else f"{given} for {say_share(serve.percentage)}"


def say_split(split: tuple[tuple[str, int], ...]) -> str:
    """Return the variants of a split with their weights."""
    return ", ".join(f"“{variant}” × {weight:,}" for variant, weight in split)


def say_rule(rule: Rule) -> str:
    """Return a rule as one sentence."""
    needs = [say_condition(condition) for condition in rule.conditions]
    if rule.segments:
        needs.append("in segment " + " or ".join(f"“{key}”" for key in rule.segments))
    name = f"{rule.name}: " if rule.name else ""
    return f"{name}{' and '.join(needs) or 'everybody'} gets {say_serve(rule.serve)}."


def say_prerequisite(prerequisite: Prerequisite) -> str:
    """Return a prerequisite as one sentence."""
    return f"“{prerequisite.flag}” answers {' or '.join(f'“{one}”' for one in prerequisite.variants)}."


def say_percentage(flag: Flag) -> str:
    """Return the percentage step as one sentence."""
    settings = flag.settings
    given = say_split(settings.split) if settings.split else say_variant(flag.on_variant)
    return f"{say_share(settings.percentage)} of the others get {given}."
