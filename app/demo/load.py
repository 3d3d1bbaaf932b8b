"""`flask demo load`: two companies, their people and files, ninety days of trade. Loading again changes nothing."""

from dataclasses import dataclass

import sqlalchemy as sa

from app.accounts.service import companies, people
from app.core import clock
from app.core.context import acting_as
from app.core.db import transaction
from app.core.ids import CompanyId
from app.core.installation import installation
from app.core.tenancy import acting_for
from app.demo import catalogue
from app.demo.cast import USERS, WORKERS
from app.demo.papers import keep_papers
from app.demo.story import Teller
from app.demo.write import write_story
from app.flags import reads as flags
from app.flags import service as flag_service
from app.flags.gates import Gate

ACTOR = {"kind": "command", "name": "flask demo load"}
NAMES = {
    "platform": ("Quarterdeck", "platform"),
    "harbour": ("Harbour Optical", "practice"),
    "northwind": ("Northwind Lenses", "lab"),
}
PER_DAY = {"harbour": 30.0, "northwind": 22.0}


@dataclass(frozen=True)
class Loaded:
    """What was there, or was made."""

    company: str
    orders: int
    is_new: bool


def load_demo(password: str) -> list[Loaded]:
    """Make what is missing of the demonstration.

    Args:
        password: Of the people that are made; those who are there keep theirs.
    """
    with acting_as(ACTOR):
        ids = {slug: companies.ensure_company(slug, name, type=kind) for slug, (name, kind) in NAMES.items()}
        for email, name, role, slug in USERS:
            people.ensure_user(ids[slug], email=email, name=name, role=role, password=password)
        loaded = [load_company(slug, ids[slug]) for slug in PER_DAY]
        open_bulk()
    return loaded


def open_bulk() -> None:
    """Let the demonstration act on many rows, unless somebody has decided about that flag already."""
    with installation():
        if flags.find_flag(Gate.BULK_OPERATIONS).version > 1:
            return
        reason = "The demonstration shows it"
        flag_service.enable(Gate.BULK_OPERATIONS, reason=reason)
        flag_service.allow(Gate.BULK_OPERATIONS, *PER_DAY, reason=reason)


def load_company(slug: str, company_id: CompanyId) -> Loaded:
    """Live through ninety days of a company that has none behind it."""
    with acting_for(company_id):
        with transaction() as session:
            count = int(session.scalar(sa.text("SELECT coalesce(max(last_number), 0) FROM order_counters")) or 0)
            has_items = bool(session.scalar(sa.text("SELECT EXISTS (SELECT FROM items)")))
        if count or has_items:
            return Loaded(slug, count, is_new=False)
        now = clock.now()
        wares = catalogue.harbour() if slug == "harbour" else catalogue.northwind()
        story = Teller(wares, seed=slug, now=now, per_day=PER_DAY[slug], is_trade=slug == "northwind").tell()
        write_story(story, workers=WORKERS[slug], now=now)
        keep_papers(slug, wares, now.date())
        return Loaded(slug, len(story.tales), is_new=True)
