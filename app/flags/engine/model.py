"""What a flag is, as the engine sees it: frozen, checked, and the same in every process.

Shares are thousandths of a percent (0 to 100,000), so that 0.001 % is one step and nothing is a float.
A definition is read from the JSON that the database, the history and the API keep (`settings_from_json`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

WHOLE = 100_000  # thousandths of a percent
KEY_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"
Value = bool | str | int | float | dict[str, Any] | list[Any]  # Any: a JSON variant


class FlagType(StrEnum):
    """What the variants of a flag are."""

    BOOLEAN = "boolean"
    STRING = "string"
    NUMBER = "number"
    OBJECT = "object"


class Scope(StrEnum):
    """Who a flag is about: what its lists hold and what its percentage is drawn by."""

    GLOBAL = "global"
    COMPANY = "company"
    USER = "user"


class Algorithm(StrEnum):
    """How a target gets its place in a draw. Stored per flag: an imported flag keeps the one of its source.

    `murmur3` draws by murmur3-32 of `<salt>.<target>`, place = (hash * 100000) >> 32. The flagd ones are
    used by `targeting` only, in flagd's three published versions.
    """

    MURMUR3 = "murmur3"
    FLAGD_V1 = "flagd-v1"
    FLAGD_V2 = "flagd-v2"
    FLAGD_V3 = "flagd-v3"


class Reason(StrEnum):
    """Why an answer is what it is, in OpenFeature's words."""

    STATIC = "STATIC"
    DEFAULT = "DEFAULT"
    TARGETING_MATCH = "TARGETING_MATCH"
    SPLIT = "SPLIT"
    DISABLED = "DISABLED"
    STALE = "STALE"
    UNKNOWN = "UNKNOWN"
    ERROR = "ERROR"


class ErrorCode(StrEnum):
    """What may be wrong with a question, in OpenFeature's words."""

    FLAG_NOT_FOUND = "FLAG_NOT_FOUND"
    TARGETING_KEY_MISSING = "TARGETING_KEY_MISSING"
    TYPE_MISMATCH = "TYPE_MISMATCH"
    INVALID_CONTEXT = "INVALID_CONTEXT"
    PARSE_ERROR = "PARSE_ERROR"
    PROVIDER_NOT_READY = "PROVIDER_NOT_READY"
    GENERAL = "GENERAL"


class Decider(StrEnum):
    """Which step of the fixed precedence answered, first to last."""

    KILL_SWITCH = "kill-switch"
    BLOCK = "block"
    ALLOW = "allow"
    PREREQUISITE = "prerequisite"
    RULE = "rule"
    TARGETING = "targeting"
    PERCENTAGE = "percentage"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison of a rule.

    Attributes:
        attribute: A name in the context; `targetingKey`, `company`, `user`, `role` are ours, others the caller's.
        operator: A name in `operators.OPERATORS`.
        values: What it is compared with; any of them may match.
        negate: True turns the answer round.
    """

    attribute: str
    operator: str
    values: tuple[Any, ...] = ()
    negate: bool = False


@dataclass(frozen=True, slots=True)
class Serve:
    """What a rule or the percentage step gives.

    Attributes:
        variant: The one variant; None when `split` says it.
        split: (variant, weight) pairs; weights are any non-negative integers.
        percentage: The share of the matching targets that gets it, in thousandths of a percent; the others
            fall through to the next step.
    """

    variant: str | None = None
    split: tuple[tuple[str, int], ...] = ()
    percentage: int = WHOLE


@dataclass(frozen=True, slots=True)
class Rule:
    """All conditions hold, and the target is in one of the segments when any are named."""

    id: str
    serve: Serve
    conditions: tuple[Condition, ...] = ()
    segments: tuple[str, ...] = ()
    name: str = ""


@dataclass(frozen=True, slots=True)
class Prerequisite:
    """Another flag that has to answer one of these variants for the same context."""

    flag: str
    variants: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FlagSettings:
    """How a flag answers in one environment.

    Attributes:
        enabled: The kill switch: False gives the off variant to everybody.
        percentage: Share of the targets no earlier step decided about, in thousandths of a percent.
        split: How those inside the percentage are divided; empty gives all of them the on variant.
        targeting: JsonLogic of an imported flagd flag; it decides in the place of rules and percentage.
    """

    enabled: bool = False
    percentage: int = 0
    split: tuple[tuple[str, int], ...] = ()
    rules: tuple[Rule, ...] = ()
    prerequisites: tuple[Prerequisite, ...] = ()
    targeting: dict[str, Any] | None = None
    allow: frozenset[str] = frozenset()
    block: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag in one environment.

    Attributes:
        on_variant: What lists and percentage give; `off_variant` what everybody else gets.
        off_variant: None answers with the caller's own default (flagd's missing defaultVariant).
        salt: First part of what is hashed; a new salt draws again.
        watched: True while a guarded rollout runs: answers are then remembered for the request (core/arms).
        version: Of the flag's row in this environment.
    """

    key: str
    type: FlagType
    variants: Mapping[str, Value]
    on_variant: str = "on"
    off_variant: str | None = "off"
    scope: Scope = Scope.USER
    salt: str = ""
    algorithm: Algorithm = Algorithm.MURMUR3
    settings: FlagSettings = FlagSettings()
    watched: bool = False
    version: int = 1
    metadata: Mapping[str, bool | str | int | float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Segment:
    """A reusable group: included by name, excluded by name, or every condition holds."""

    key: str
    conditions: tuple[Condition, ...] = ()
    included: frozenset[str] = frozenset()
    excluded: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything one process answers from.

    Attributes:
        revision: Grows with every saved change of the installation.
        evaluators: Named JsonLogic that the targeting of imported flags may refer to.
    """

    revision: int
    environment: str
    flags: Mapping[str, Flag]
    segments: Mapping[str, Segment]
    evaluators: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """An answer and why.

    Attributes:
        value: None only when the caller's own default is meant (`variant` is None then too) or on an error.
        decider: Which step answered; None on an error.
        rule: The id of the rule, when one answered.
    """

    key: str
    value: Value | None
    variant: str | None
    reason: Reason
    decider: Decider | None = None
    rule: str | None = None
    error: ErrorCode | None = None
    detail: str = ""
    metadata: Mapping[str, bool | str | int | float] = field(default_factory=dict)


def settings_from_json(
    kept: Mapping[str, Any], allow: frozenset[str] = frozenset(), block: frozenset[str] = frozenset()
) -> FlagSettings:
    """Read the settings as they are kept in JSON (lists of targets are kept apart).

    {"enabled": true, "percentage": 25000, "split": [["blue", 1], ["green", 1]],
     "rules": [{"id": "r1", "name": "labs", "segments": ["labs"],
                "conditions": [{"attribute": "release", "operator": "semver_at_least", "values": ["2026.11.0"]}],
                "serve": {"variant": "fine"}}],
     "prerequisites": [{"flag": "core-api", "variants": ["on"]}], "targeting": null}
    """
    return FlagSettings(
        enabled=bool(kept.get("enabled", False)),
        percentage=int(kept.get("percentage", 0)),
        split=_split(kept.get("split")),
        rules=tuple(_rule(rule) for rule in kept.get("rules") or ()),
        prerequisites=tuple(
            Prerequisite(one["flag"], tuple(one["variants"])) for one in kept.get("prerequisites") or ()
        ),
        targeting=kept.get("targeting"),
        allow=allow,
        block=block,
    )


def conditions_from_json(kept: list[Mapping[str, Any]] | None) -> tuple[Condition, ...]:
    """Read conditions as they are kept in JSON."""
    return tuple(
        Condition(one["attribute"], one["operator"], tuple(one.get("values") or ()), bool(one.get("negate", False)))
        for one in kept or ()
    )


def _rule(kept: Mapping[str, Any]) -> Rule:
    serve = kept["serve"]
    return Rule(
        id=kept["id"],
        name=kept.get("name", ""),
        conditions=conditions_from_json(kept.get("conditions")),
        segments=tuple(kept.get("segments") or ()),
        serve=Serve(serve.get("variant"), _split(serve.get("split")), int(serve.get("percentage", WHOLE))),
    )


def _split(kept: list[list[Any]] | None) -> tuple[tuple[str, int], ...]:
    return tuple((str(variant), int(weight)) for variant, weight in kept or ())
