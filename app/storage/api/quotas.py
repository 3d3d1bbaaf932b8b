"""Quotas, companies by what they store, and costs, over JSON."""

from flask import Blueprint, current_app
from pydantic.alias_generators import to_camel

from app.core import clock
from app.core.api import contract
from app.core.auth import principal
from app.core.errors import InvalidCursor, InvalidInput, NotFound, VersionConflict
from app.core.installation import installation_id
from app.core.tenancy import platform_reads
from app.storage.usage import board, limits, quotas, reads
from app.storage.usage.bills import Bill, make_bills
from app.storage.usage.months import month_of_providers
from app.storage.usage.prices import read_prices
from app.storage.usage.schemas import (
    ChangeQuota,
    CompaniesOut,
    CompanyUsageOut,
    CostOut,
    CostsOut,
    ListCompanies,
    QuotaOut,
    QuotasOut,
)
from app.storage.views.quotas import stored_name

quotas_bp = Blueprint("storage_quotas_api", __name__, url_prefix="/api/storage")
TAG = "Storage"


@quotas_bp.get("/quotas")
@contract(scope="files:read", returns={200: QuotasOut}, tag=TAG)
def list_quotas() -> QuotasOut:
    """List the limits of the company, with what is used of each."""
    return QuotasOut(items=[QuotaOut.model_validate(one) for one in quotas.list_quotas()])


@quotas_bp.put("/quotas/<string:category>")
@contract(
    scope="files:manage", body=ChangeQuota, returns={200: QuotaOut}, problems=[NotFound, InvalidInput, VersionConflict],
    tag=TAG,
)  # fmt: skip
def update_quota(category: str, body: ChangeQuota) -> QuotaOut:
    """Change a limit; `all` is all categories together. Null, or a field left out, is no limit: send all three. The company's own admins may only lower what the platform gave. A limit below what is used is taken: nothing is deleted, and nothing more is taken until less is used."""
    name = stored_name(category)
    wanted = {field: getattr(body, field) for field in limits.FIELDS}
    is_platform = principal().may("storage:write")
    try:
        limits.change_quota(name, wanted, version=body.version, reason=body.reason, is_platform=is_platform)
    except InvalidInput as problem:
        errors = [{**one, "field": to_camel(one["field"])} for one in problem.errors]
        raise InvalidInput(errors=errors) from None
    except VersionConflict as conflict:
        if conflict.current:
            raise
        unknown = {"field": "version", "message": "There is no limit here yet, so nobody changed it: send 0."}
        raise InvalidInput(errors=[unknown]) from None
    return QuotaOut.model_validate(next(one for one in quotas.list_quotas() if one.category == name))


@quotas_bp.get("/companies")
@contract(
    scope="storage:read", query=ListCompanies, returns={200: CompaniesOut}, problems=[InvalidCursor], tag=TAG,
    installation=True,
)  # fmt: skip
def list_companies(query: ListCompanies) -> CompaniesOut:
    """List the companies that store something, with quota, growth and when it is full."""
    with platform_reads():
        found = board.list_companies(sort=query.sort, words=query.q, after=query.after, limit=query.limit)
    items = [
        CompanyUsageOut(
            company=row.slug, name=row.name, files=row.used.files, bytes=row.used.bytes,
            categories={name: one.bytes for name, one in row.parts.items()}, soft_bytes=row.soft_bytes,
            hard_bytes=row.hard_bytes, week_bytes=row.line.week, days=list(row.line.points),
            full=row.outlook.state, full_in_days=row.outlook.days if row.outlook.state == "soon" else None,
        )
        for row in found.rows
    ]  # fmt: skip
    return CompaniesOut(items=items, next_cursor=found.next_cursor)


@quotas_bp.get("/costs")
@contract(scope="storage:read", returns={200: CostsOut}, tag=TAG, installation=True)
def show_costs() -> CostsOut:
    """Estimate what this month costs where files are, and what it would cost elsewhere."""
    with platform_reads():
        months = month_of_providers(int(installation_id()), is_all=True)
        bills = make_bills(reads.usage_of_all(), months, read_prices(), current_app.config["SETTINGS"])
    return CostsOut(
        total=bills.total, now=[_cost(one) for one in bills.now], elsewhere=[_cost(one) for one in bills.elsewhere],
        as_of=clock.now(),
    )  # fmt: skip


def _cost(bill: Bill) -> CostOut:
    moving = bill.moving
    return CostOut(
        place=bill.prices.key, name=bill.prices.name, providers=list(bill.providers), stored=bill.cost.stored,
        requests=bill.cost.requests, sent=bill.cost.sent, total=bill.cost.total, prices_as_of=bill.prices.as_of,
        is_own_price=bill.prices.is_own, moving_once=moving.once if moving else None,
        earned_back_months=moving.months if moving else None,
    )  # fmt: skip
