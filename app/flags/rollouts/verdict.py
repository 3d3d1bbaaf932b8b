"""May the share rise? Each guard is read on both sides, and only the variant's own harm rolls it back.

What fails alike with and without the variant is weather: the plan holds and nobody is switched off.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.flags.rollouts.plan import Action, Guard

SURE = 2.326  # one-sided z for 1 %: read every second, a laxer bound would roll back by chance alone
LEAST_DIFFERENCE = 0.01  # a certain but tiny difference is no reason either


class Finding(StrEnum):
    """What one guard says."""

    WITHIN = "within"
    WAITING = "waiting"
    WEATHER = "weather"
    VARIANT = "variant"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Side:
    """One arm of a comparison."""

    calls: int = 0
    bad: int = 0

    @property
    def rate(self) -> float:
        """Share of the calls that went badly, 0 to 1; 0 without calls."""
        return self.bad / self.calls if self.calls else 0.0


@dataclass(frozen=True, slots=True)
class Reading:
    """One guard's figures.

    Attributes:
        value: What is not counted by arm, such as seconds a queue's oldest job waits; None when not known.
        is_open: True while the guarded breaker itself does not let calls through.
        is_known: False when the figures could not be read (Valkey away).
    """

    treatment: Side = Side()
    control: Side = Side()
    value: float | None = None
    is_open: bool = False
    is_known: bool = True


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one guard's figures mean.

    Attributes:
        sentence: What people read in the page and in the audit.
    """

    guard: Guard
    reading: Reading
    finding: Finding
    sentence: str

    @property
    def as_json(self) -> dict[str, Any]:
        """The verdict as it is kept with the plan."""
        reading = self.reading
        return {
            "guard": self.guard.title,
            "kind": self.guard.kind,
            "name": self.guard.name,
            "limit": self.guard.limit,
            "finding": self.finding.value,
            "sentence": self.sentence,
            "treatment": {"calls": reading.treatment.calls, "bad": reading.treatment.bad},
            "control": {"calls": reading.control.calls, "bad": reading.control.bad},
            "value": reading.value,
        }


def is_worse(treatment: Side, control: Side) -> bool:
    """Say whether the treatment's rate is higher than the control's beyond chance: a one-sided two-proportion z-test."""
    difference = treatment.rate - control.rate
    if difference < LEAST_DIFFERENCE:
        return False
    calls = treatment.calls + control.calls
    pooled = (treatment.bad + control.bad) / calls
    spread = math.sqrt(pooled * (1 - pooled) * (1 / treatment.calls + 1 / control.calls))
    return spread == 0 or difference / spread >= SURE


def judge(guard: Guard, reading: Reading) -> Verdict:
    """Return what a guard says about its figures."""
    if not reading.is_known:
        return Verdict(guard, reading, Finding.UNKNOWN, f"{guard.title}: the figures cannot be read now.")
    if guard.kind == "queue-age":
        return _judge_age(guard, reading)
    if guard.kind == "conversion":
        return _judge_conversion(guard, reading)
    return _judge_rate(guard, reading)


def _judge_age(guard: Guard, reading: Reading) -> Verdict:
    seconds = reading.value or 0.0
    if seconds >= guard.limit:
        finding = Finding.VARIANT if guard.otherwise is Action.ROLL_BACK else Finding.WEATHER
        return Verdict(guard, reading, finding, f"{guard.title}: {seconds:.0f} s, limit {guard.limit:g} s.")
    return Verdict(guard, reading, Finding.WITHIN, f"{guard.title}: {seconds:.0f} s.")


def _judge_conversion(guard: Guard, reading: Reading) -> Verdict:
    treatment, control = reading.treatment, reading.control
    if min(treatment.calls, control.calls) < guard.minimum_calls:
        return _waiting(guard, reading)
    words = f"{guard.title}: {percent(treatment.rate)} on, {percent(control.rate)} off"
    fallen = control.rate > 0 and (control.rate - treatment.rate) / control.rate * 100 >= guard.limit
    if fallen and is_worse(Side(control.calls, control.bad), Side(treatment.calls, treatment.bad)):
        return Verdict(guard, reading, Finding.VARIANT, f"{words}: it fell by {guard.limit:g}% or more.")
    return Verdict(guard, reading, Finding.WITHIN, f"{words}.")


def _judge_rate(guard: Guard, reading: Reading) -> Verdict:
    treatment, control = reading.treatment, reading.control
    if treatment.calls < guard.minimum_calls:
        if reading.is_open:
            return Verdict(guard, reading, Finding.WEATHER, f"Breaker {guard.name} is open.")
        return _waiting(guard, reading)
    over = treatment.rate * 100 >= guard.limit
    if not over and not reading.is_open:
        return Verdict(guard, reading, Finding.WITHIN, f"{guard.title}: {percent(treatment.rate)}.")
    words = f"{guard.title}: {percent(treatment.rate)} on"
    if control.calls < guard.minimum_calls:
        finding = Finding.VARIANT if over and guard.otherwise is Action.ROLL_BACK else Finding.WEATHER
        return Verdict(
            guard, reading, finding, f"{words}, limit {guard.limit:g}%; too few calls without it to compare."
        )
    words += f", {percent(control.rate)} off, limit {guard.limit:g}%"
    if over and is_worse(treatment, control):
        return Verdict(guard, reading, Finding.VARIANT, f"{words}: the variant is the cause.")
    return Verdict(guard, reading, Finding.WEATHER, f"{words}: it fails as often without the variant.")


def _waiting(guard: Guard, reading: Reading) -> Verdict:
    calls = (
        min(reading.treatment.calls, reading.control.calls) if guard.kind == "conversion" else reading.treatment.calls
    )
    return Verdict(
        guard,
        reading,
        Finding.WAITING,
        f"{guard.title}: {calls} of {guard.minimum_calls} calls needed in {guard.window_s} s.",
    )


def percent(rate: float) -> str:
    """0.302 -> 30.2%."""
    return f"{rate * 100:.1f}".removesuffix(".0") + "%"
