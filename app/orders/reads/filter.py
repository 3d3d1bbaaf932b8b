"""What a list of orders can be asked for: the URL of the page, the query of the API, the reach of a bulk act."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal, Self
from urllib.parse import parse_qs, urlencode

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from app.core.shapes import Shape, refuse_nul
from app.orders.problems import DaysReversed
from app.orders.states import OrderState

MAX_PAGE = 200
PLACED_SPANS = {
    "1d": ("last 24 hours", timedelta(days=1)),
    "7d": ("last 7 days", timedelta(days=7)),
    "30d": ("last 30 days", timedelta(days=30)),
    "90d": ("last 90 days", timedelta(days=90)),
}
Sort = Literal["number", "-number", "due", "-due", "placed", "-placed", "total", "-total"]
SORT_WORDS: dict[str, str] = {
    "-number": "newest first",
    "number": "oldest first",
    "due": "soonest due first",
    "-due": "latest due first",
    "placed": "first placed first",
    "-placed": "last placed first",
    "total": "smallest first",
    "-total": "largest first",
}


class View(StrEnum):
    """The tabs that everyone has."""

    ALL = "all"
    OPEN = "open"
    LATE = "late"
    TO_PACK = "to-pack"
    RETURNS = "returns"

    @property
    def label(self) -> str:
        """What the tab says."""
        return {"to-pack": "To pack today"}.get(self.value, self.value.capitalize())


def split_states(value: Any) -> Any:  # Any: runs before the type is known
    """`placed,paid` -> the states, each once."""
    if isinstance(value, str):
        return list(dict.fromkeys(part.strip() for part in value.split(",") if part.strip()))
    return value


def read_ids(value: Any) -> Any:  # Any: runs before the type is known
    """`17,18` -> the numbers."""
    return [part for part in value.split(",") if part] if isinstance(value, str) else value


def check_day(value: date | None) -> date | None:
    """Keep to years that a time zone can be applied to."""
    if value is not None and not 1970 <= value.year <= 2200:  # noqa: PLR2004 (what a calendar can show)
        raise ValueError("Give a day between 1970 and 2200.")
    return value


Day = Annotated[date, AfterValidator(check_day)]
BigInt = Annotated[int, Field(ge=1, le=2**63 - 1)]


class OrderFilter(Shape):
    """One list of orders. Sorting is newest first, in a view of open ones soonest due first."""

    view: View = View.ALL
    state: Annotated[list[OrderState], BeforeValidator(split_states)] = Field(default_factory=list)
    q: Annotated[str, BeforeValidator(refuse_nul), StringConstraints(max_length=200)] | None = None
    placed: Literal["1d", "7d", "30d", "90d"] | None = None
    placed_from: Day | None = None
    placed_to: Day | None = None
    sort: Sort | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = 50
    after: Annotated[str, StringConstraints(max_length=300)] | None = None
    ids: Annotated[list[BigInt], BeforeValidator(read_ids), Field(max_length=500)] | None = None

    @model_validator(mode="after")
    def check_days(self) -> Self:
        """Refuse a span that ends before it begins: an empty list would look like an answer."""
        if self.placed_from and self.placed_to and self.placed_from > self.placed_to:
            raise DaysReversed(placed_from=self.placed_from, placed_to=self.placed_to)
        return self

    @property
    def order(self) -> Sort:
        """How the rows are sorted."""
        if self.sort is not None:
            return self.sort
        return "due" if self.view in {View.OPEN, View.LATE, View.TO_PACK} else "-number"

    @property
    def is_plain(self) -> bool:
        """True for the first page of everything, newest first: new rows may be put on top of it."""
        return self.query() == "" and self.after is None and self.ids is None and self.order == "-number"

    @property
    def has_conditions(self) -> bool:
        """True when something beside the view narrows the list."""
        return bool(self.state or self.q or self.placed or self.placed_from or self.placed_to)

    def query(self, **changes: str | None) -> str:
        """Return the query string of this list without a page position; None takes a condition away."""
        values = {
            "view": None if self.view is View.ALL else self.view.value,
            "state": ",".join(self.state),
            "q": self.q,
            "placed": self.placed,
            "placedFrom": self.placed_from and self.placed_from.isoformat(),
            "placedTo": self.placed_to and self.placed_to.isoformat(),
            "sort": self.sort,
        } | changes
        return urlencode({name: value for name, value in values.items() if value})

    @classmethod
    def of_query(cls, query: str) -> "OrderFilter":
        """Read a query string that `query()` wrote, as jobs and saved views keep it."""
        known = {info.alias or name for name, info in cls.model_fields.items()} - {"after", "ids", "limit"}
        values = {name: ",".join(found) for name, found in parse_qs(query).items() if name in known}
        return cls.model_validate(values)


def day_start(day: date, zone: Any) -> datetime:  # Any: ZoneInfo has no common base in typing
    """Return the first instant of a day in a zone."""
    return datetime(day.year, day.month, day.day, tzinfo=zone)
