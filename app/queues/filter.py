"""What a list of jobs can be asked for: by a page, by JSON, by a bulk act that is stored with its filter."""

import json
import re
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from pydantic import AfterValidator, Field, model_validator

from app.core import clock
from app.core.clock import rfc3339
from app.core.jobs import JobState
from app.core.shapes import OptionalText, Shape

MOST_PATHS = 5
PATH = re.compile(r"[A-Za-z0-9_.-]{1,100}")
POSITION = {"after", "limit"}
SPANS = {"1h": timedelta(hours=1), "24h": timedelta(days=1), "7d": timedelta(days=7)}


class Waits(StrEnum):
    """Why a job that waits is not on its way."""

    LATER = "later"  # its time has not come: a schedule, a back-off
    BLOCKED = "blocked"  # other jobs must end first
    HELD = "held"  # its queue, its name or its company is held


def aware(at: datetime) -> datetime:
    """Refuse an instant without a zone: whose midnight would it be?"""
    if at.tzinfo is None:
        raise ValueError("needs a time zone, such as 2026-11-20T10:00:00Z")
    return at


When = Annotated[datetime, AfterValidator(aware)]
Word = Annotated[OptionalText, Field(min_length=1)]


def check_path(path: str) -> str:
    """Refuse a path that no argument has."""
    if not PATH.fullmatch(path) or not all(path.split(".")):
        raise ValueError("the path of an argument is made of names and dots")
    return path


ArgumentPath = Annotated[str, AfterValidator(check_path)]


class JobFilter(Shape):
    """Conditions on jobs; all must hold.

    Attributes:
        waits: Only waiting ones, for this reason.
        within: Sent in the last hour, day or week, as of now.
        request_id: Sent under this request.
        error: A part of what the failure says; looked for among failed jobs unless a state is named.
        signature: The group of failures.
        root_id: Everything that came of this job.
        args: Argument by path: {"sku": "A1"}; in an address `args.sku=A1`.
    """

    state: JobState | None = None
    waits: Waits | None = None
    queue: Word | None = None
    name: Word | None = None
    company: Word | None = None
    worker: Word | None = None
    request_id: Word | None = None
    schedule_id: Word | None = None
    signature: Word | None = None
    root_id: Word | None = None
    error: Word | None = None
    priority: int | None = Field(None, ge=-9, le=9)
    within: Literal["1h", "24h", "7d"] | None = None
    since: When | None = None
    until: When | None = None
    args: dict[ArgumentPath, str] = Field(default_factory=dict, max_length=MOST_PATHS)
    limit: int = Field(50, ge=1, le=200)
    after: str | None = Field(None, max_length=300)

    @model_validator(mode="before")
    @classmethod
    def gather_args(cls, values: Any) -> Any:  # Any: whatever was sent
        """Take `args.sku=A1` for {"args": {"sku": "A1"}}, and JSON text for what it says."""
        if not isinstance(values, dict):
            return values
        rest = {name: value for name, value in values.items() if not str(name).startswith("args.")}
        paths = {str(name)[5:]: value for name, value in values.items() if str(name).startswith("args.")}
        told = rest.get("args")
        if isinstance(told, str):
            try:
                rest["args"] = told = json.loads(told)
            except ValueError:
                raise ValueError("write arguments as args.name=value, or as JSON") from None
        if paths:
            rest["args"] = {**told, **paths} if isinstance(told, dict) else paths
        return rest

    @property
    def earliest(self) -> datetime | None:
        """When the earliest job that may match was sent; None for any time."""
        spans = [clock.now() - SPANS[self.within]] if self.within else []
        return max([*spans, *([self.since] if self.since else [])], default=None)

    @property
    def is_plain(self) -> bool:
        """True for the whole list from its newest job on."""
        return not self.conditions() and self.after is None

    def conditions(self) -> dict[str, Any]:  # Any: JSON values
        """Return what was asked for as JSON, without the place in the list: `of` reads it again."""
        said = self.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude=POSITION)
        for name in ("since", "until"):
            if name in said:
                said[name] = rfc3339(getattr(self, name))
        return said

    def query(self, **changes: Any) -> str:  # Any: values of an address
        """Return the conditions as a query string, some changed; None takes one away."""
        said = self.conditions()
        paths = {f"args.{path}": value for path, value in said.pop("args", {}).items()}
        return urlencode({name: value for name, value in {**said, **paths, **changes}.items() if value is not None})
