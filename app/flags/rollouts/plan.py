"""What a rollout plans: its steps in time, its guards, and the checks on both."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, field_validator, model_validator

from app.core.shapes import Shape
from app.flags.engine.model import WHOLE

MOST_STEPS, MOST_GUARDS = 20, 10
LONGEST_S = 90 * 86_400
Percent = Annotated[float, Field(ge=0, le=100)]


class Action(StrEnum):
    """What a tripped guard does when the figures cannot tell variant from weather."""

    HOLD = "hold"
    ROLL_BACK = "roll-back"


class Step(Shape):
    """One step: a share (or the kill switch), at a local time or so long after the step before.

    Attributes:
        percentage: The share from here on, in percent with at most three decimals.
        enabled: Switches the flag on or off; None leaves the kill switch alone.
        at: Local time in the plan's zone, `2026-11-23T09:00`.
        after_s: Seconds after the step before took effect; None (and no `at`) means at once.
    """

    percentage: Percent | None = None
    enabled: bool | None = None
    at: datetime | None = None
    after_s: int | None = Field(None, ge=0, le=LONGEST_S)

    @field_validator("percentage")
    @classmethod
    def three_decimals(cls, value: float | None) -> float | None:
        """Refuse what is finer than a step of the draw."""
        if value is not None and abs(value * 1000 - round(value * 1000)) > 1e-6:  # noqa: PLR2004
            raise ValueError("has more than three decimals; one step is 0.001 %")
        return value

    @model_validator(mode="after")
    def does_something_once(self) -> Self:
        """Refuse a step that changes nothing, or has two times."""
        if self.percentage is None and self.enabled is None:
            raise ValueError("changes nothing; give a percentage, or enabled")
        if self.at is not None and self.after_s is not None:
            raise ValueError("has two times; give at or afterS")
        return self

    @property
    def share(self) -> int | None:
        """The share in thousandths of a percent."""
        return None if self.percentage is None else round(self.percentage * WHOLE / 100)


class Guard(Shape):
    """What has to hold while the share rises.

    Attributes:
        kind: `breaker` (calls through a breaker by those with and without the variant), `requests` (requests
            answered by 5xx, or slow), `conversion` (tracked events in a hundred requests), `queue-age` (seconds the oldest job waits).
        name: The breaker, the queue, or the tracked event; none for requests.
        metric: `failures` or `slow`, for breakers and requests.
        limit: Percent of the calls; seconds for queue-age; for conversion the percent it may fall below the control.
        minimum_calls: Fewer than these on one side say nothing about it.
        window_s: How far back the figures reach.
        otherwise: What to do over the limit when nothing tells variant from weather.
    """

    kind: Literal["breaker", "requests", "conversion", "queue-age"]
    name: str = Field("", max_length=100)
    metric: Literal["failures", "slow"] = "failures"
    limit: float = Field(gt=0, le=86_400)
    minimum_calls: int = Field(20, ge=1, le=1_000_000)
    window_s: int = Field(60, ge=5, le=3600)
    otherwise: Action = Action.HOLD

    @model_validator(mode="after")
    def fits_its_kind(self) -> Self:
        """Refuse a guard without its object, or a share above the whole."""
        if self.kind != "requests" and not self.name:
            raise ValueError(f"a {self.kind} guard needs a name")
        if self.kind != "queue-age" and self.limit > 100:  # noqa: PLR2004
            raise ValueError("limit is a percentage: at most 100")
        return self

    @property
    def title(self) -> str:
        """What people read."""
        match self.kind:
            case "breaker":
                return f"{self.name} {'slow calls' if self.metric == 'slow' else 'failures'}"
            case "requests":
                return "slow requests" if self.metric == "slow" else "failed requests"
            case "conversion":
                return f"{self.name} conversion"
        return f"{self.name} queue, oldest job"

    @property
    def source(self) -> str:
        """Under which name outcomes are counted."""
        return "requests" if self.kind == "requests" else f"{self.kind}/{self.name}"


class Plan(Shape):
    """A rollout as somebody asks for it.

    Attributes:
        cooldown_s: How long the guards must hold before a held plan goes on, and before a rolled back one may be
            armed again.
    """

    steps: list[Step] = Field(min_length=1, max_length=MOST_STEPS)
    guards: list[Guard] = Field(default_factory=list, max_length=MOST_GUARDS)
    timezone: str = "UTC"
    cooldown_s: int = Field(600, ge=5, le=86_400)
    environment: str | None = None
    reason: str = Field("", max_length=500)

    @field_validator("timezone")
    @classmethod
    def known_zone(cls, value: str) -> str:
        """Refuse a zone nobody knows."""
        if value not in available_timezones():
            raise ValueError(f"{value!r} is no zone name such as Europe/London")
        return value

    @model_validator(mode="after")
    def times_rise(self) -> Self:
        """Refuse steps that go back in time."""
        times = [instant_of(step.at, self.timezone) for step in self.steps if step.at is not None]
        if times != sorted(times):
            raise ValueError("steps are not in the order of their times")
        return self


def instant_of(local: datetime, timezone: str) -> datetime:
    """Return the instant of a local time; one that has an offset already keeps it.

    A time that the change to summer time skips means the instant an hour later; one that comes twice the first.
    """
    return (local if local.tzinfo else local.replace(tzinfo=ZoneInfo(timezone))).astimezone(UTC)


def due_at(steps: list[dict[str, Any]], index: int, timezone: str, since: datetime) -> datetime | None:
    """Return when a step of a kept plan takes effect, `since` being when the one before did; None past the last."""
    if index >= len(steps):
        return None
    step = Step.model_validate(steps[index])
    if step.at is not None:
        return max(instant_of(step.at, timezone), since)
    return since + timedelta(seconds=step.after_s or 0)
