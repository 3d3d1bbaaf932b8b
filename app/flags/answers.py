"""Flags as JSON answers. Percentages are numbers from 0 to 100 in steps of 0.001."""

from typing import Any

from pydantic import Field

from app.core.shapes import Answer, Instant
from app.flags.engine.answers import is_on
from app.flags.engine.evaluate import Table
from app.flags.engine.explanation import ExplainedStep, Explanation, Operand
from app.flags.engine.model import Evaluation
from app.flags.reads import ChangeEntry, FlagDetail, percent_of
from app.flags.service.settings_form import normal_settings, outside, outside_changes

JSON = dict[str, Any]  # Any: variants and contexts are the caller's own JSON


class FeatureOut(Answer):
    """A flag in one environment, as platform admins see it."""

    key: str
    environment: str
    description: str
    enabled: bool
    scope: str
    percentage: float | int = Field(description="Of those no earlier step decides about.")
    type: str
    variants: dict[str, Any]
    on_variant: str
    off_variant: str | None
    split: list[JSON]
    rules: list[JSON]
    prerequisites: list[JSON]
    targeting: JSON | None
    allowed: int = Field(description="Targets on the allow list.")
    blocked: int
    owner: str
    tags: list[str]
    is_permanent: bool
    is_builtin: bool
    salt: str
    algorithm: str
    metadata: JSON
    version: int
    created_at: Instant
    changed_at: Instant
    changed_by: JSON
    archived_at: Instant | None
    last_asked_at: Instant | None

    @classmethod
    def of(cls, flag: FlagDetail) -> "FeatureOut":
        """Build it from the detail."""
        kept = {name: outside(name, value) for name, value in normal_settings(flag.kept).items()}
        named = {name: getattr(flag, name) for name in cls.model_fields if name not in kept and hasattr(flag, name)}
        return cls(**named, **kept)


class OwnFeatureOut(Answer):
    """What a flag answers a company: all that its admins see."""

    key: str
    environment: str
    description: str
    enabled: bool
    variant: str | None
    value: Any
    reason: str

    @classmethod
    def of(cls, table: Table, made: Evaluation, description: str) -> "OwnFeatureOut":
        """Build it from what was answered."""
        snapshot = table.snapshot
        return cls(
            key=made.key, environment=snapshot.environment, description=description,
            enabled=is_on(snapshot.flags[made.key], made), variant=made.variant, value=made.value,
            reason=made.reason.value,
        )  # fmt: skip


class FeatureList(Answer):
    """A page of flags, by key."""

    items: list[FeatureOut | OwnFeatureOut]
    next_cursor: str | None


class CheckOut(Answer):
    """What a flag answers one target, and why."""

    key: str
    environment: str
    target_id: str | None
    enabled: bool
    variant: str | None
    value: Any
    reason: str
    decider: str | None
    rule: str | None
    error: str | None
    detail: str

    @classmethod
    def of(cls, table: Table, made: Evaluation, target_id: str | None) -> "CheckOut":
        """Build it from what was answered."""
        snapshot = table.snapshot
        return cls(
            key=made.key, environment=snapshot.environment, target_id=target_id,
            enabled=is_on(snapshot.flags[made.key], made), variant=made.variant, value=made.value,
            reason=made.reason.value, decider=made.decider.value if made.decider else None, rule=made.rule,
            error=made.error.value if made.error else None, detail=made.detail,
        )  # fmt: skip


class TargetOut(Answer):
    """One target of a list."""

    target: str
    added_at: Instant


class TargetList(Answer):
    """A page of a list."""

    items: list[TargetOut]
    next_cursor: str | None


class ChangeOut(Answer):
    """One change of a flag: field → [before, after]."""

    id: str
    key: str
    environment: str | None
    version: int
    act: str
    changes: JSON
    lists: JSON
    actor: JSON
    reason: str
    request_id: str
    at: Instant
    reverts: str | None
    reverted_by: str | None

    @classmethod
    def of(cls, entry: ChangeEntry) -> "ChangeOut":
        """Build it from the entry."""
        made = cls.model_validate(entry)
        made.changes = outside_changes(entry.changes)
        return made


class ChangeList(Answer):
    """A page of changes, newest first."""

    items: list[ChangeOut]
    next_cursor: str | None


class SegmentOut(Answer):
    """A segment."""

    key: str
    description: str
    conditions: list[JSON]
    included: list[str]
    excluded: list[str]
    version: int
    changed_at: Instant


class SegmentList(Answer):
    """Every segment."""

    items: list[SegmentOut]
    next_cursor: str | None = None


class ExplanationOut(Answer):
    """Each step of the fixed precedence, and the answer."""

    key: str
    unit: str | None = Field(description="What lists and draws go by.")
    steps: list[JSON]
    answer: CheckOut

    @classmethod
    def of(cls, table: Table, found: Explanation) -> "ExplanationOut":
        """Build it from the explanation."""
        answer = CheckOut.of(table, found.evaluation, found.unit)
        return cls(key=found.key, unit=found.unit, steps=[step_out(step) for step in found.steps], answer=answer)


class ImportOut(Answer):
    """What an import did."""

    created: list[str]
    changed: list[str]
    unchanged: list[str]
    notes: list[str]


def step_out(step: ExplainedStep) -> JSON:
    """Return a step of an explanation with its operands, its place in the draw and the share."""
    made: JSON = {"decider": step.decider.value, "sentence": step.sentence, "verdict": step.verdict.value}
    if step.rule is not None:
        made["rule"] = step.rule
    if step.operands:
        made["conditions"] = [operand_out(operand) for operand in step.operands]
    if step.memberships:
        made["segments"] = [
            {
                "segment": one.segment, "belongs": one.belongs, "how": one.how,
                "conditions": [operand_out(operand) for operand in one.operands],
            }
            for one in step.memberships
        ]  # fmt: skip
    if step.draw is not None:
        made["draw"] = {
            "unit": step.draw.unit, "salt": step.draw.salt, "place": step.draw.place,
            "percentage": percent_of(step.draw.share), "inside": step.draw.inside,
            "insideFrom": None if step.draw.inside_from is None else percent_of(step.draw.inside_from),
        }  # fmt: skip
    if step.split is not None:
        made["split"] = {
            "unit": step.split.unit, "salt": step.split.salt, "spot": step.split.spot, "variant": step.split.variant,
            "parts": [{"variant": variant, "weight": weight} for variant, weight in step.split.parts],
        }  # fmt: skip
    if step.prerequisite is not None:
        asked = step.prerequisite
        made["prerequisite"] = {
            "key": asked.key, "variant": asked.evaluation.variant, "reason": asked.evaluation.reason.value,
            "steps": [step_out(one) for one in asked.steps],
        }  # fmt: skip
    return made


def operand_out(operand: Operand) -> JSON:
    """Return one condition and what was found."""
    return {
        "sentence": operand.sentence, "attribute": operand.condition.attribute,
        "operator": operand.condition.operator, "values": list(operand.condition.values),
        "found": operand.found, "holds": operand.holds,
    }  # fmt: skip
