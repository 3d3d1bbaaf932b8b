"""/health/*, /metrics: for balancers, alerts and Prometheus. No session, no limit."""

import hmac
import time
from ipaddress import ip_address

from flask import Blueprint, Flask, Response, current_app, jsonify, request

from app.core import metrics, pulse
from app.core.access import PUBLIC, allow
from app.core.api import contract
from app.core.db import db
from app.core.errors import Problem
from app.health.checks import EXTENSION, Check, Checks, checks_of
from app.health.probes import accept_any_host
from app.health.readiness import Schema, why_not_ready
from app.health.release import git_sha
from app.health.schemas import DependenciesOut, DependencyOut, HealthOut, PartOut, RelayOut, StorageOut
from app.health.storage import provider_name
from config import Settings

bp = Blueprint("health", __name__)
SCHEMA = "quarterdeck-schema"


class MetricsTokenNeeded(Problem, code="metrics-token-needed", status=401):
    """These figures are not for everybody. Ask from this machine, or send METRICS_TOKEN as "Authorization: Bearer …"."""


@bp.get("/health/live")
@allow(PUBLIC, session=False)
def show_live() -> Response:
    """Answer: this process turns its loop. Nothing else is asked."""
    return jsonify(status="live")


@bp.get("/health/ready")
@allow(PUBLIC, session=False)
def show_ready() -> tuple[Response, int]:
    """Answer whether this process should get requests."""
    settings: Settings = current_app.config["SETTINGS"]
    reason = why_not_ready(current_app, current_app.extensions[SCHEMA])
    answer = {"status": "not ready" if reason else "ready", "version": settings.release, "gitSha": git_sha(settings)}
    return jsonify(answer | ({"reason": reason} if reason else {})), 503 if reason else 200


@bp.get("/health/deps")
@contract(scope="company:read", any_company=True, returns={200: DependenciesOut}, tag="health")
def show_dependencies() -> DependenciesOut:
    """Every system we stand on, and how quickly it answered."""
    checks = checks_of(current_app)
    found = [
        DependencyOut(name=one.name, healthy=one.is_healthy, detail=one.detail, took_ms=round(one.took_s * 1000, 1))
        for one in checks.newest().values()
    ]
    return DependenciesOut(checked_at=checks.checked_at, dependencies=found)


@bp.get("/api/health")
@contract(scope=PUBLIC, returns={200: HealthOut}, session=False, tag="health")
def show_health() -> HealthOut:
    """The summary anyone may see: which systems are well."""
    settings: Settings = current_app.config["SETTINGS"]
    found = checks_of(current_app).newest()
    database, redis, relay, storage = (found[name] for name in ("database", "redis", "relay", "storage"))
    return HealthOut(
        status=status_of(found),
        version=settings.release,
        git_sha=git_sha(settings),
        storage=StorageOut(healthy=storage.is_healthy, provider=provider_name(settings)),
        database=PartOut(healthy=database.is_healthy, detail=database.detail),
        redis=PartOut(healthy=redis.is_healthy, detail=redis.detail),
        relay=RelayOut(healthy=relay.is_healthy, detail=relay.detail, lag_seconds=relay.figure),
    )


def status_of(found: dict[str, Check]) -> str:
    """Return `down` without the database, `degraded` without anything else, or `ok`."""
    if not found["database"].is_healthy:
        return "down"
    return "ok" if all(one.is_healthy for one in found.values()) else "degraded"


@bp.get("/metrics")
@allow(PUBLIC, session=False)
def show_metrics() -> Response:
    """Counters and timings of all workers, for this machine or the bearer of METRICS_TOKEN."""
    if not may_scrape():
        raise MetricsTokenNeeded
    found = checks_of(current_app).newest()
    pulse.begin_request(time.monotonic())  # a scrape tells what can be had now: it waits for no database that is away
    pool = db.engine.pool
    figures = [
        ("relay_lag_seconds", "Age of the oldest fact without a number.", found["relay"].figure or 0.0),
        ("pool_in_use", "Connections of the app login in use in the answering process.", float(pool.checkedout())),  # type: ignore[attr-defined]  # a QueuePool
        *((f"{name}_up", f"Whether {name} answers.", float(one.is_healthy)) for name, one in found.items()),
    ]
    return Response(metrics.exposition(figures), mimetype="text/plain; version=0.0.4")


def may_scrape() -> bool:
    """Say whether the asker is this machine, not through a proxy, or holds the token."""
    settings: Settings = current_app.config["SETTINGS"]
    if settings.metrics_token is not None:
        sent = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(sent.encode(), settings.metrics_token.get_secret_value().encode())
    forwarded = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    try:
        return not forwarded and ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def init_health(app: Flask) -> None:
    """Register the addresses and what they remember."""
    from app.health.cli import doctor_command

    app.extensions[EXTENSION] = Checks(app)
    app.extensions[SCHEMA] = Schema(app.extensions["migrate"].directory)
    app.wsgi_app = accept_any_host(app.wsgi_app, app.config["SETTINGS"].hosts[0])  # type: ignore[method-assign, assignment]
    app.register_blueprint(bp)
    app.cli.add_command(doctor_command)
