"""The tabs over everything that is known of the database."""

import sqlalchemy as sa

from app.core.db import db
from app.queries.models import Advice, Repeat

TABS = (
    ("statements", "Statements", "/slow-queries"),
    ("live", "Running now", "/slow-queries/live"),
    ("tables", "Tables", "/slow-queries/tables"),
    ("advice", "Indexes", "/slow-queries/advice"),
    ("repeats", "Repeated reads", "/slow-queries/repeats"),
    ("pools", "Pools", "/pools"),
)
MOST_COUNTED = 99
Tab = dict[str, object]


def tabs(current: str) -> list[Tab]:
    """Return the tabs for `ui.views`, with how many indexes and repeated reads there are to look at.

    Args:
        current: The tab this page belongs to: statements, live, tables, advice, repeats or pools.
    """
    counts = {"advice": _open_advice(), "repeats": _repeats()}
    return [
        {"label": label, "href": href, "current": name == current, "count": _figure(counts.get(name))}
        for name, label, href in TABS
    ]


def _open_advice() -> int:
    """Count what there is evidence enough for, as the page's own headline does."""
    doubts = sa.func.coalesce(sa.func.jsonb_array_length(Advice.evidence["why_not"]), 0)
    return _bounded(sa.select(sa.literal(1)).select_from(Advice).where(Advice.state == "open", doubts == 0))


def _repeats() -> int:
    return _bounded(sa.select(sa.literal(1)).select_from(Repeat))


def _bounded(found: sa.Select[int]) -> int:
    """Return how many rows there are, read no further than a tab can say."""
    few = found.limit(MOST_COUNTED + 1).subquery()
    return db.session.scalar(sa.select(sa.func.count()).select_from(few)) or 0


def _figure(count: int | None) -> str | None:
    if not count:
        return None
    return f"{MOST_COUNTED}+" if count > MOST_COUNTED else str(count)
