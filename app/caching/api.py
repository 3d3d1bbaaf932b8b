"""The cache over JSON."""

from flask import Blueprint

from app.caching import service
from app.caching.problems import NothingKept
from app.caching.reads import read_cache
from app.caching.schemas import CacheOut, KeyOut, NamespaceOut, Purge, PurgedOut
from app.caching.verdict import verdict_of
from app.core.api import contract
from app.core.errors import InvalidInput

api_bp = Blueprint("cache_api", __name__, url_prefix="/api/cache")


@api_bp.get("")
@contract(scope="cache:read", returns={200: CacheOut}, tag="Cache", installation=True)
def show_cache() -> CacheOut:
    """Say how often the cache helped in the last hour, by namespace, and which keys matter most."""
    view = read_cache()
    total = view.total
    return CacheOut(
        state=view.state, verdict=verdict_of(view).text, reads=total.reads, hit_ratio=total.hit_ratio,
        saved_ms=total.saved_ms, waits=total.waits, early=total.early,
        namespaces=[NamespaceOut.model_validate(one) for one in view.namespaces],
        dearest=[KeyOut.model_validate(one) for one in view.dearest],
        largest=[KeyOut.model_validate(one) for one in view.largest],
    )  # fmt: skip


@api_bp.post("/purge")
@contract(
    scope="cache:write", body=Purge, returns={200: PurgedOut}, problems=[InvalidInput, NothingKept], tag="Cache",
    installation=True,
)  # fmt: skip
def create_purge(body: Purge) -> PurgedOut:
    """Have a namespace, a company, a table or everything read from the database again. It cannot be undone, and breaks nothing."""
    is_told = service.purge(body.kind, body.value, reason=body.reason)
    return PurgedOut(kind=body.kind, value=body.value, is_told=is_told)
