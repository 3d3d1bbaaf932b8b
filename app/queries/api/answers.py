"""Statements as their JSON answers."""

from app.queries.api.schemas import CompanyOut, FiguresOut, MetricOut
from app.queries.reads.elsewhere import is_elsewhere
from app.queries.reads.server import ServerFigures
from app.queries.reads.statements import CompanyShare, StatementView

SUMS = tuple(FiguresOut.model_fields)


def metric_of(one: StatementView, server: ServerFigures | None, watch_ms: int) -> MetricOut:
    """Return one statement of a list."""
    return MetricOut(
        **{name: getattr(one, name) for name in SUMS},
        fingerprint=one.fingerprint,
        statement=one.text,
        verb=one.verb,
        tables=list(one.tables),
        is_slow=one.timeouts > 0 or (one.p95_ms is not None and one.p95_ms >= watch_ms),
        before=FiguresOut.model_validate(one.before) if one.before is not None else None,
        origins=list(one.origins),
        cache_share=server.cache_share if server else None,
        server_ms=server.exec_ms + server.plan_ms if server else None,
        is_elsewhere=is_elsewhere(one, server),
        known_at=one.known_at,
        known_by=one.known_by,
        known_reason=one.known_reason,
        first_seen_at=one.first_seen_at,
    )


def company_of(one: CompanyShare) -> CompanyOut:
    """Return one company's part."""
    return CompanyOut(company=one.slug, name=one.name, calls=one.calls, total_ms=one.total_ms, share=one.share)
