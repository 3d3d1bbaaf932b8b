"""Figures of the inventory page: counted up to a bound, so that no page ever counts a whole table."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from app.core.cache import OfCompany, cached
from app.core.db import db
from app.core.present import format_count
from app.core.tenancy import current_scope
from app.inventory.models import Item
from app.inventory.reads.items import matching
from app.inventory.schemas import ItemFilter, ItemView

BOUND = 1000
_companies = sa.table("companies", sa.column("id"), sa.column("name"))


@dataclass(frozen=True)
class Bounded:
    """A count that stops at a bound; `1,000+` when there are more."""

    n: int
    is_more: bool

    def __str__(self) -> str:
        return f"{format_count(self.n)}+" if self.is_more else format_count(self.n)


@dataclass(frozen=True)
class Summary:
    """What the verdict line and the view tabs say."""

    total: Bounded
    out: Bounded
    short: Bounded
    assets: Bounded
    worst: list[str]


SUMMARY: OfCompany[Summary] = OfCompany(
    "inventory.summary",
    "inventory",
    Summary,
    meaning="what is out or low, counted",
    tables=["items"],
    topics=["inventory"],
)
CATEGORIES: OfCompany[list[str]] = OfCompany(
    "inventory.categories", "inventory", list[str], meaning="categories in use", tables=["items"], topics=["inventory"]
)


def count_matching(wanted: ItemFilter, bound: int = BOUND) -> Bounded:
    """Count the items of a filter, up to a bound."""
    return count_all([wanted], bound)[0]


def count_all(wanted: Sequence[ItemFilter], bound: int = BOUND) -> list[Bounded]:
    """Count the items of several filters at one instant, each up to a bound."""
    counts = [
        sa.select(sa.func.count())
        .select_from(matching(one, sa.literal(1)).limit(bound + 1).subquery())
        .scalar_subquery()
        for one in wanted
    ]
    row = db.session.execute(sa.select(*counts)).one()
    return [Bounded(min(n, bound), n > bound) for n in row]


@cached(SUMMARY)
def summarize() -> Summary:
    """Return the figures of the whole inventory."""
    views = [view for view in ItemView if view is not ItemView.ARCHIVED]
    totals = dict(zip(views, count_all([ItemFilter(view=view) for view in views]), strict=True))
    out = totals[ItemView.OUT].n
    worst = name_worst(min(out, 3)) if 0 < out < BOUND else []
    return Summary(
        total=totals[ItemView.ALL], out=totals[ItemView.OUT], short=totals[ItemView.SHORT],
        assets=totals[ItemView.ASSETS], worst=worst,
    )  # fmt: skip


def name_worst(most: int) -> list[str]:
    """Return the SKUs that are out where most should be kept, with their company when all are looked at."""
    query = matching(ItemFilter(view=ItemView.OUT), Item.sku).order_by(Item.reorder_point.desc(), Item.sku).limit(most)
    if current_scope().role != "platform":
        return list(db.session.scalars(query))
    query = query.add_columns(_companies.c.name).join(_companies, _companies.c.id == Item.company_id)
    return [f"{sku} at {company}" for sku, company in db.session.execute(query)]


@cached(CATEGORIES)
def categories(most: int = 100) -> list[str]:
    """Return the categories in use, by a loose index scan: one index probe for each, not one for each item."""
    step = (
        sa.select(Item.category).where(Item.category > "").order_by(Item.category).limit(1).cte("step", recursive=True)
    )
    following = (
        sa.select(Item.category).where(Item.category > step.c.category).order_by(Item.category).limit(1)
    ).scalar_subquery()
    step = step.union_all(sa.select(following).where(step.c.category.is_not(None)))
    query = sa.select(step.c.category).where(step.c.category.is_not(None)).limit(most)
    return list(db.session.scalars(query))
