"""What statements cost, over JSON."""

from app.core.api import contract
from app.core.auth import principal
from app.core.errors import InvalidCursor
from app.core.setting import current_settings
from app.queries import forgetting, known
from app.queries.api import schemas
from app.queries.api.answers import company_of, metric_of
from app.queries.api.blueprint import TAG, api_bp
from app.queries.filter import read_filter
from app.queries.health import health_of_statements
from app.queries.naming import company_number
from app.queries.problems import StatementNotFound
from app.queries.reads import statements as reads
from app.queries.reads.overall import overall
from app.queries.reads.server import server_figures, totals
from app.queries.reads.statements import span_of
from app.queries.reads.story import changes_of

READ, WRITE, DESTROY = "queries:read", "queries:write", "queries:destroy"
SAMPLES = 50
NO_SHARE = 2.0  # a script asks for what is slow; much of the time is what it can order by


@api_bp.get("/metrics")
@contract(
    scope=READ, query=schemas.AskMetrics, returns={200: schemas.MetricsOut}, problems=[InvalidCursor], tag=TAG,
    installation=True,
)  # fmt: skip
def list_metrics(query: schemas.AskMetrics) -> schemas.MetricsOut:
    """What each statement cost, timeouts included."""
    settings, span, wanted = current_settings(), span_of(query.window), read_filter(query.q)
    found = reads.list_statements(
        span, sort=query.sort, q=wanted.words, table=wanted.table, origin=wanted.origin,
        company_id=company_number(_company(query.company_id) or wanted.company), only_slow=query.slow_only,
        or_share=NO_SHARE, limit=query.limit, after=query.after,
    )  # fmt: skip
    server = server_figures([one.fingerprint for one in found.items], span)
    return schemas.MetricsOut(
        window=query.window, since=span.start, until=span.end, slow_ms=settings.query_slow_ms,
        watch_ms=settings.query_watch_ms, statements=found.statements, calls=found.calls, total_ms=found.total_ms,
        items=[metric_of(one, server.get(one.fingerprint), settings.query_watch_ms) for one in found.items],
        next_cursor=found.next_cursor,
    )  # fmt: skip


@api_bp.get("/statistics")
@contract(scope=READ, query=schemas.AskStatistics, returns={200: schemas.StatisticsOut}, tag=TAG, installation=True)
def show_statistics(query: schemas.AskStatistics) -> schemas.StatisticsOut:
    """All statements together, of everybody or of one company."""
    settings, span, slug = current_settings(), span_of(query.window), _company(query.company_id)
    found = overall(span, company_number(slug))
    times = found.histogram.percentiles()
    return schemas.StatisticsOut(
        window=query.window, since=span.start, until=span.end, company=slug or None, statements=found.statements,
        calls=found.calls, errors=found.errors, timeouts=found.timeouts,
        slow=found.histogram.total - found.histogram.at_most(settings.query_slow_ms * 1000),
        watched=found.histogram.total - found.histogram.at_most(settings.query_watch_ms * 1000),
        slow_ms=settings.query_slow_ms, watch_ms=settings.query_watch_ms, total_ms=found.total_us / 1000,
        avg_ms=found.total_us / 1000 / found.calls if found.calls else None, p50_ms=_ms(times.p50),
        p95_ms=_ms(times.p95), p99_ms=_ms(times.p99), cache_hit_rate=None if slug else totals(span).figures.cache_share,
    )  # fmt: skip


@api_bp.delete("/metrics")
@contract(scope=DESTROY, body=schemas.Forget, returns={204: None}, tag=TAG, installation=True)
def forget_metrics(body: schemas.Forget) -> None:
    """Delete what was measured of all statements; PostgreSQL's own counters are never reset."""
    forgetting.forget_history(body.reason)


@api_bp.get("/health")
@contract(scope=READ, returns={200: schemas.HealthOut}, tag=TAG, installation=True)
def show_health() -> schemas.HealthOut:
    """Whether statements are watched, run out of time or became slower."""
    return schemas.HealthOut.model_validate(health_of_statements())


@api_bp.get("/statements/<string:fingerprint>")
@contract(
    scope=READ, query=schemas.AskWindow, returns={200: schemas.StatementOut}, problems=[StatementNotFound], tag=TAG,
    installation=True,
)  # fmt: skip
def show_statement(fingerprint: str, query: schemas.AskWindow) -> schemas.StatementOut:
    """One statement: where it comes from, whose time it takes, single calls, what happened to it."""
    span = span_of(query.window)
    one = reads.find_statement(fingerprint, span)
    server = server_figures([fingerprint], span).get(fingerprint)
    return schemas.StatementOut(
        **metric_of(one, server, current_settings().query_watch_ms).model_dump(),
        window=query.window,
        queryids=server.queryids if server else [],
        called_from=[
            schemas.OriginOut(
                endpoint=origin.endpoint, line=origin.line, calls=origin.calls, total_ms=origin.total_us / 1000,
                last_seen_at=origin.last_seen_at,
            )
            for origin in reads.origins_of(fingerprint)
        ],
        companies=[company_of(part) for part in reads.companies_of(fingerprint, span)],
        samples=[
            schemas.SampleOut(
                **{name: getattr(sample, name) for name in schemas.SampleOut.model_fields if name != "took_ms"},
                took_ms=sample.took_us / 1000,
            )
            for sample in reads.samples_of(fingerprint, SAMPLES)
        ],
        changes=[schemas.ChangeOut.model_validate(change) for change in changes_of(fingerprint)],
    )  # fmt: skip


@api_bp.put("/statements/<string:fingerprint>/known")
@contract(
    scope=WRITE, body=schemas.MarkKnown, returns={204: None}, problems=[StatementNotFound], tag=TAG, installation=True
)
def mark_known(fingerprint: str, body: schemas.MarkKnown) -> None:
    """Say that its cost is known and fine, until its plan changes."""
    known.mark_known(fingerprint, body.reason)


@api_bp.delete("/statements/<string:fingerprint>/known")
@contract(scope=WRITE, returns={204: None}, problems=[StatementNotFound], tag=TAG, installation=True)
def watch_again(fingerprint: str) -> None:
    """Watch it again as all others."""
    known.watch_again(fingerprint)


def _company(asked: str) -> str:
    """Return the short name that was asked for; a platform admin's companyId was looked up on the way in."""
    chosen = principal().acting_in
    return chosen.slug if asked and chosen is not None else asked


def _ms(us: float | None) -> float | None:
    return None if us is None else us / 1000
