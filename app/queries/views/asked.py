"""What the address of a list of statements asks for."""

from dataclasses import dataclass
from typing import Any, Literal

from flask import request, url_for

from app.queries.filter import StatementFilter, read_filter

Sort = Literal["total", "p95", "calls", "mean", "timeouts"]
Window = Literal["1h", "24h", "7d"]
WINDOWS: dict[Window, tuple[str, str]] = {
    "1h": ("1 h", "60 min"), "24h": ("24 h", "24 hours"), "7d": ("7 d", "7 days"),
}  # fmt: skip
SORTS: dict[Sort, str] = {
    "total": "most total time first", "p95": "highest p95 first", "calls": "most calls first",
    "mean": "slowest on average first", "timeouts": "most timeouts first",
}  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """A list as its address asks for it.

    Attributes:
        text: The filter as it was typed.
        is_all: Whether what costs next to nothing is shown as well.
    """

    window: Window
    sort: Sort
    text: str
    wanted: StatementFilter
    is_all: bool
    after: str | None

    @property
    def is_plain(self) -> bool:
        """Whether this is the first page as it opens."""
        return self.wanted.is_empty and not self.is_all and self.sort == "total" and not self.after

    @property
    def only_slow(self) -> bool:
        """Whether only what is worth a look is shown; who filters means everything."""
        return self.wanted.is_empty and not self.is_all


def read_asked() -> Asked:
    """Return what this request's address asks for; what cannot be meant counts as not said."""
    text = request.args.get("q", "").strip()
    sort = request.args.get("sort", "")
    return Asked(
        window=window_asked(), sort=sort if sort in SORTS else "total", text=text,
        wanted=read_filter(text), is_all=request.args.get("all") == "1", after=request.args.get("after") or None,
    )  # fmt: skip


def window_asked() -> Window:
    """Return the window of this request's address."""
    wanted = request.args.get("window", "")
    return wanted if wanted in WINDOWS else "1h"


def windows(current: Window, endpoint: str, **values: Any) -> list[dict[str, object]]:
    """Return the windows to choose from, for `ui.segments`; `values` go into the address."""
    return [
        {"label": label, "href": url_for(endpoint, window=name, **values), "current": name == current}
        for name, (label, _) in WINDOWS.items()
    ]
