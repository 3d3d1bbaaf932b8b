"""What is stored: of all companies for platform admins, of their own for everybody else."""

from dataclasses import dataclass

from flask import Response, current_app, request

from app.core import clock, live
from app.core.access import allow
from app.core.auth import company, principal
from app.core.installation import installation_id
from app.core.tenancy import current_company_id, current_scope, platform_reads
from app.core.web import is_partial, page
from app.storage.states import Class
from app.storage.usage import board, days, quotas, reads
from app.storage.usage.bills import Bills, make_bills, moving_words
from app.storage.usage.months import month_of_providers
from app.storage.usage.prices import read_prices
from app.storage.views import looks
from app.storage.views.blueprint import bp
from config import Settings

SORTS = {"size": "largest first", "name": "by name", "full": "full soonest first"}
WORDS_CHARACTERS = 100


@bp.get("")
@allow("files:read", any_company=True)
def show_usage() -> Response:
    """Show how much is stored, how full quotas are, how it grows and what it costs."""
    if current_scope().role == "platform":
        return show_all()
    return show_one()


def show_all() -> Response:
    """Show every company, a page at a time."""
    sort = request.args.get("sort", "size")
    sort = sort if sort in SORTS else "size"
    words = request.args.get("q", "")[:WORDS_CHARACTERS].strip()
    found = board.list_companies(sort=sort, words=words, after=request.args.get("after"))
    usage = reads.usage_of_all()
    bills = _bills(usage, int(installation_id()), is_all=True)
    return page(
        "storage/_usage_all.html" if is_partial() else "storage/index.html",
        is_all=True, usage=usage, found=found, sort=sort, sorts=SORTS, words=words, looks=looks, now_at=clock.now(),
        parts=usage.by_category(), bills=bills, moving_words=moving_words,
        week=usage.of().bytes - usage.of(kind=Class.PENDING).bytes - board.stored_a_week_ago(),
        verdict=looks.verdict_on_all(usage, bills, board.first_full(looks.SOON_DAYS)),
    )  # fmt: skip


def show_one() -> Response:
    """Show one company by its folders."""
    state = live.state("files")
    usage, limits = reads.usage_of_company(), quotas.list_quotas()
    whole = next((one for one in limits if one.category == ""), None)
    used = usage.used.bytes
    line = days.lines({int(current_company_id()): used})[int(current_company_id())]
    outlook = days.outlook(line, used, whole.hard_bytes if whole else None)
    bills = None
    if principal().may("storage:read"):
        owner = int(current_company_id())
        with platform_reads():
            bills = _bills(usage, owner, is_all=False)
    return page(
        "storage/_usage_one.html" if is_partial() else "storage/index.html",
        is_all=False, live=state, usage=usage, whole=whole, limits={one.category: one for one in limits}, line=line,
        outlook=outlook, looks=looks, now_at=clock.now(), folders=folders(usage), bills=bills,
        moving_words=moving_words, warned=looks.warnings(limits), company_name=company().name,
        verdict=looks.verdict_on_one(usage, limits, outlook),
    )  # fmt: skip


@dataclass(frozen=True)
class Folder:
    """What a company has in one category."""

    name: str
    used: reads.Sum
    live: reads.Sum
    trashed: reads.Sum
    pending: reads.Sum


def folders(usage: reads.Usage) -> list[Folder]:
    """Return the folders that hold something, largest first."""
    found = [
        Folder(
            name, one, usage.of(kind=Class.LIVE, category=name), usage.of(kind=Class.TRASHED, category=name),
            usage.of(kind=Class.PENDING, category=name),
        )
        for name, one in usage.by_category().items() if one.files
    ]  # fmt: skip
    return sorted(found, key=lambda one: (-one.used.bytes, one.name))


def _bills(usage: reads.Usage, owner: int, *, is_all: bool) -> Bills:
    settings: Settings = current_app.config["SETTINGS"]
    return make_bills(usage, month_of_providers(owner, is_all=is_all), read_prices(), settings)
