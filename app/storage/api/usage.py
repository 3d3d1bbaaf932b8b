"""Usage over JSON."""

from datetime import datetime

from flask import Blueprint

from app.core import clock
from app.core.api import contract
from app.core.tenancy import current_scope
from app.storage.states import Class
from app.storage.usage import quotas, reads
from app.storage.usage.reads import Sum, Usage
from app.storage.usage.schemas import QuotaOut, SumOut, UsageStatsOut

usage_bp = Blueprint("storage_usage_api", __name__, url_prefix="/api/storage")
TAG = "Storage"


@usage_bp.get("/stats")
@contract(scope="files:read", returns={200: UsageStatsOut}, tag=TAG, any_company=True)
def show_usage() -> UsageStatsOut:
    """Count files and bytes by category and provider, exactly."""
    at = clock.now()
    if current_scope().role == "platform":
        return stats_of(reads.usage_of_all(), [], at)
    return stats_of(reads.usage_of_company(), quotas.list_quotas(), at)


def stats_of(usage: Usage, limits: list[quotas.QuotaUse], at: datetime) -> UsageStatsOut:
    """Return usage as JSON."""
    live = usage.of(kind=Class.LIVE)
    return UsageStatsOut(
        total_files=live.files,
        total_size=live.bytes,
        categories={name: sum_of(one) for name, one in usage.by_category(Class.LIVE).items()},
        providers={name: sum_of(usage.of(kind=Class.LIVE, provider=name)) for name in usage.providers},
        trashed=sum_of(usage.of(kind=Class.TRASHED)),
        pending=sum_of(usage.of(kind=Class.PENDING)),
        used=sum_of(usage.used),
        quotas=[QuotaOut.model_validate(one) for one in limits],
        as_of=at,
    )


def sum_of(one: Sum) -> SumOut:
    """Return a sum as JSON."""
    return SumOut(files=one.files, size=one.bytes)
