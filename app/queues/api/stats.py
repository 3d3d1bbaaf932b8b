"""Figures of the queues over JSON: for dashboards and alerts."""

from datetime import datetime

from flask import Blueprint

from app.core import clock
from app.core.api import contract
from app.core.auth import principal
from app.queues import figures
from app.queues.figures import Objective, QueueFigures
from app.queues.figures.fold import MINUTE, minute_of
from app.queues.figures.health import health_of
from app.queues.figures.schemas import (
    AskStats,
    AskWaiting,
    CompanyStatsOut,
    FailureStatsOut,
    ObjectiveOut,
    OwnStatsOut,
    QueueHealthOut,
    QueuesHealthOut,
    QueueStatsOut,
    StatsOut,
    TypeStatsOut,
    WaitingOut,
)

stats_bp = Blueprint("queue_stats_api", __name__, url_prefix="/api/queues")


@stats_bp.get("/stats")
@contract(scope="queues:read", query=AskStats, returns={200: StatsOut}, tag="Queues", installation=True)
def show_stats(query: AskStats) -> StatsOut:
    """Every queue, job name, company and kind of failure in figures."""
    allowed, found = principal().permissions, figures.queue_figures("3h")
    kept = figures.objectives(found)
    return StatsOut(
        verdict=figures.verdict(found),
        sampled_at=looked_at(found),
        window=query.window,
        waiting=sum(one.waiting for one in found),
        running=sum(one.running for one in found),
        in_per_min=sum(one.in_per_min for one in found),
        out_per_min=sum(one.out_per_min for one in found),
        failed_last_hour=sum(one.failed_1h for one in found),
        queues=[queue_stats(one, kept[one.name]) for one in found],
        types=[TypeStatsOut.model_validate(one) for one in figures.type_figures(query.window, allowed=allowed)],
        companies=[CompanyStatsOut.model_validate(one) for one in figures.company_figures(query.window)],
        failures=[FailureStatsOut.model_validate(one) for one in figures.failure_groups(query.window, allowed=allowed)],
    )


@stats_bp.get("/stats/own")
@contract(scope="jobs:read", query=AskStats, returns={200: OwnStatsOut}, tag="Queues")
def show_own_stats(query: AskStats) -> OwnStatsOut:
    """The own company's jobs in figures."""
    allowed = principal().permissions
    [company] = figures.company_figures(query.window)
    return OwnStatsOut(
        window=query.window,
        company=CompanyStatsOut.model_validate(company),
        types=[TypeStatsOut.model_validate(one) for one in figures.type_figures(query.window, allowed=allowed)],
        failures=[FailureStatsOut.model_validate(one) for one in figures.failure_groups(query.window, allowed=allowed)],
    )


@stats_bp.get("/stats/waiting")
@contract(scope="queues:read", query=AskWaiting, returns={200: WaitingOut}, tag="Queues", installation=True)
def show_waiting(query: AskWaiting) -> WaitingOut:
    """What waited in each queue over the last hours."""
    lines = figures.waiting_history(query.window, points=query.points)
    every_s = int(query.window.removesuffix("h")) * 3600 / len(next(iter(lines.values())))
    until = minute_of(clock.now()) + MINUTE
    return WaitingOut(
        window=query.window, until=until, every_s=every_s, queues=lines, unseen=figures.unseen_minutes(query.window)
    )


@stats_bp.get("/health")
@contract(scope="queues:read", returns={200: QueuesHealthOut}, tag="Queues", installation=True)
def show_health() -> QueuesHealthOut:
    """Whether jobs run, and which queue misses its target."""
    found = figures.queue_figures("1h")
    health = health_of(found)
    return QueuesHealthOut(
        status=health.status,
        problems=health.problems,
        sampled_at=looked_at(found),
        is_broker_up=health.is_broker_up,
        workers=max((one.workers for one in found if one.workers is not None), default=None),
        queues=[QueueHealthOut.model_validate(one) for one in found],
    )


def looked_at(found: list[QueueFigures]) -> datetime | None:
    """Return when the queues were last looked at."""
    return max((one.sampled_at for one in found if one.sampled_at), default=None)


def queue_stats(one: QueueFigures, kept: Objective) -> QueueStatsOut:
    """Return a queue as JSON."""
    return QueueStatsOut(
        **{name: getattr(one, name) for name in QueueStatsOut.model_fields if hasattr(one, name)},
        failed_last_hour=one.failed_1h,
        held_by=one.hold.reason if one.hold else None,
        objective=kept.objective,
        is_burning=kept.is_burning,
        kept=[ObjectiveOut.model_validate(window) for window in kept.kept],
    )
