"""Plans as JSON. Times are milliseconds, costs the planner's own unit, blocks of 8 KiB."""

from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from app.core.shapes import Answer, OptionalText, Shape, refuse_nul
from app.queries.explain.rules import LONGEST

Query = Annotated[str, BeforeValidator(refuse_nul), StringConstraints(max_length=LONGEST)]
Value = Annotated[str, BeforeValidator(refuse_nul), StringConstraints(max_length=2000)]


class AskExplain(Shape):
    """A SELECT to plan, or the fingerprint of a statement we know; only a known SELECT can be run.

    `values` are for `$1`, `$2` … of a known one that is run; those left out are taken from rows, and none is kept.
    """

    query: Query = ""
    fingerprint: OptionalText = ""
    analyze: bool = False
    values: list[Value | None] = Field(default_factory=list, max_length=200)

    @model_validator(mode="after")
    def one_of_both(self) -> Self:
        """Refuse none and both, and running what was typed."""
        if bool(self.query) == bool(self.fingerprint):
            raise ValueError("Give either query or fingerprint.")
        if self.query and self.analyze:
            raise ValueError("A query that was typed is planned and never run; give a fingerprint to run one we know.")
        return self


class PlanNodeOut(Answer):
    """One node. `ownMs`, `rows` and `blocks` are null when the statement was not run."""

    depth: int
    kind: str
    name: str
    target: str
    notes: list[str]
    sentence: str
    expected: float
    own_cost: float
    rows: float | None
    own_ms: float | None
    blocks: int | None
    blocks_read: int | None
    share: float
    is_worst: bool


class ExplainOut(Answer):
    """How a statement is planned. `where` is `server`, `replica`, or `shadow`: a database without data.

    `inside` says of a run that it was held inside one company; empty when nothing was run.
    """

    fingerprint: str
    statement: str
    where: str
    inside: str
    is_run: bool
    cost: float
    planning_ms: float | None
    execution_ms: float | None
    rows: float | None
    blocks: int | None
    settings: dict[str, str]
    nodes: list[PlanNodeOut]
    plan: dict[str, Any]  # Any: PostgreSQL's own JSON, for other viewers of plans
