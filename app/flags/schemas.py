"""What is sent about flags. Percentages are numbers from 0 to 100 in steps of 0.001."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from app.core.shapes import OptionalText, Shape, Text, refuse_nul
from app.flags.engine.model import KEY_PATTERN

THOUSANDTHS = 1000


def refuse_bool(value: Any) -> Any:  # Any: runs before the type is known
    """True is no percentage and no weight."""
    if isinstance(value, bool):
        raise ValueError("Give a number.")  # noqa: TRY004 (Pydantic reports ValueError)
    return value


Percent = Annotated[Decimal, BeforeValidator(refuse_bool), Field(ge=0, le=100, decimal_places=3)]
Weight = Annotated[int, BeforeValidator(refuse_bool), Field(ge=0, le=2_147_483_647)]
Reason = Annotated[str, BeforeValidator(refuse_nul), StringConstraints(max_length=500)]
Key = Annotated[str, StringConstraints(pattern=KEY_PATTERN)]
Name = Annotated[str, BeforeValidator(refuse_nul), StringConstraints(min_length=1, max_length=100)]
Environment = Annotated[str, StringConstraints(max_length=60)]
ListName = Literal["allow", "block"]
JSON = dict[str, Any]  # Any: variants and contexts are the caller's own JSON


def share_of(percent: Decimal) -> int:
    """Return percent as thousandths of a percent."""
    return int(percent * THOUSANDTHS)


class Where(Shape):
    """Which environment; this installation's own when none is named."""

    environment: Environment | None = None


class WhereWhy(Where):
    """Which environment, and why, for acts without a body."""

    reason: Reason = ""


class Why(Shape):
    """Why somebody acts, and which version they looked at."""

    reason: Reason = ""
    version: int | None = Field(None, ge=0, description="The version you looked at; a newer one is refused with 409.")


class ListFeatures(Where):
    """What the list of flags can be asked for."""

    q: str | None = Field(None, max_length=200, description="Words in key or description; owner:name, tag:name.")
    view: Literal["all", "on", "off", "rolling-out", "stale", "archived"] = "all"
    limit: int = Field(50, ge=1, le=200)
    after: str | None = Field(None, max_length=400)


class Paged(Where):
    """A page of something."""

    limit: int = Field(50, ge=1, le=200)
    after: str | None = Field(None, max_length=600)


class ListTargets(Paged):
    """A page of a list of targets."""

    q: str = Field("", max_length=200, description="How the ids begin.")


class CheckFeature(Where):
    """Whom a flag is asked about."""

    target_id: Annotated[str, StringConstraints(max_length=200)] | None = None


class Rollout(Why):
    """A new share."""

    percentage: Percent


class PutTarget(Why):
    """A target for a list."""

    target_id: Text


class PutList(Why):
    """A whole list. One that stands there twice counts once; at most 100,000."""

    targets: list[str]


class SplitPart(Shape):
    """One variant's weight."""

    variant: Name
    weight: Weight


class ConditionIn(Shape):
    """One comparison."""

    attribute: Annotated[str, BeforeValidator(refuse_nul)]
    operator: str
    values: list[str | bool | int | float] = Field(default_factory=list)
    negate: bool = False


class ServeIn(Shape):
    """What a rule gives: a variant or a split, to a share of those it matches."""

    variant: Name | None = None
    split: list[SplitPart] = Field(default_factory=list)
    percentage: Percent = Decimal(100)


class RuleIn(Shape):
    """A rule. Its id is part of its draw: keep it when you edit or move the rule, leave it out for a new one."""

    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,60}$")] | None = None
    name: OptionalText = ""
    conditions: list[ConditionIn] = Field(default_factory=list)
    segments: list[str] = Field(default_factory=list)
    serve: ServeIn

    def kept(self) -> JSON:
        """Return it as the settings keep it."""
        found = self.model_dump()
        found["serve"]["split"] = kept_split(self.serve.split)
        found["serve"]["percentage"] = share_of(self.serve.percentage)
        return found


class PrerequisiteIn(Shape):
    """A flag to wait for, and the answers that will do."""

    flag: str
    variants: list[str]


class PutSettings(Why):
    """How a flag answers in an environment; what is left out stays. Variants change it in every environment."""

    enabled: bool | None = None
    percentage: Percent | None = None
    split: list[SplitPart] | None = None
    rules: list[RuleIn] | None = None
    prerequisites: list[PrerequisiteIn] | None = None
    variants: dict[str, Any] | None = None
    on_variant: Name | None = None
    off_variant: Name | None = None
    description: Annotated[str, BeforeValidator(refuse_nul), StringConstraints(max_length=2000)] | None = None
    owner: OptionalText | None = None
    tags: list[Text] | None = Field(None, max_length=20)
    is_permanent: bool | None = None

    def settings(self) -> JSON:
        """Return the fields of the settings that were sent, as they are kept."""
        found: JSON = {}
        if self.enabled is not None:
            found["enabled"] = self.enabled
        if self.percentage is not None:
            found["percentage"] = share_of(self.percentage)
        if self.split is not None:
            found["split"] = kept_split(self.split)
        if self.rules is not None:
            found["rules"] = [rule.kept() for rule in self.rules]
        if self.prerequisites is not None:
            found["prerequisites"] = [one.model_dump() for one in self.prerequisites]
        return found

    def definition(self) -> JSON:
        """Return the fields of the definition that were sent."""
        names = ("variants", "on_variant", "off_variant", "description", "owner", "tags", "is_permanent")
        sent = self.model_dump(include=set(names), by_alias=True, exclude_none=True)
        return {**sent, "offVariant": None} if "off_variant" in self.model_fields_set and not self.off_variant else sent


class NewFeature(Shape):
    """A flag to make. Without variants it is a boolean one: on and off."""

    key: Key
    description: Annotated[str, BeforeValidator(refuse_nul), StringConstraints(max_length=2000)] = ""
    type: Literal["boolean", "string", "number", "object"] = "boolean"
    scope: Literal["global", "company", "user"] = "user"
    variants: dict[str, Any] = Field(default_factory=lambda: {"on": True, "off": False})
    on_variant: Name = "on"
    off_variant: Name | None = "off"
    salt: Text | None = None
    owner: OptionalText = ""
    tags: list[Text] = Field(default_factory=list, max_length=20)
    is_permanent: bool = False
    metadata: dict[str, str | bool | int | float] = Field(default_factory=dict, max_length=50)
    reason: Reason = ""

    def definition(self) -> JSON:
        """Return it by the names the service takes."""
        found = self.model_dump(exclude={"key", "reason"}, by_alias=True)
        return {**found, "salt": self.salt or self.key}


class PutSegment(Why):
    """A segment; what is left out stays."""

    description: OptionalText | None = None
    conditions: list[ConditionIn] | None = None
    included: list[str] | None = None
    excluded: list[str] | None = None

    def fields(self) -> JSON:
        """Return what was sent."""
        return self.model_dump(include={"description", "conditions", "included", "excluded"}, exclude_none=True)


class ExplainFeature(Shape):
    """Whom to explain an answer for."""

    context: JSON = Field(default_factory=dict)


class ImportFeatures(Shape):
    """A flagd document to take over."""

    document: JSON
    algorithm: Literal["flagd-v1", "flagd-v2", "flagd-v3"] = "flagd-v2"
    reason: Reason = ""


class ExportFeatures(Where):
    """How to write the flags."""

    format: Literal["flagd"] = "flagd"


def kept_split(split: list[SplitPart]) -> list[list[Any]]:
    """Return a split as the settings keep it."""
    return [[part.variant, part.weight] for part in split]
