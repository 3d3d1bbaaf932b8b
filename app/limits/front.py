"""Flask-Limiter as the front: one round trip a request for all its named limits, and the standard headers.

Flask-Limiter by itself asks once per limit and twice more for headers, sends Retry-After on every answer,
never counts unknown addresses, and takes any exception (a mistake in a key function) for a dead storage.
So its one hook is replaced; its decorators keep working on the same windows (app/limits/strategy.py).
"""

import os
from collections.abc import Iterator
from typing import Any

import structlog
from flask import Flask, Request, Response, current_app, g, request
from flask_limiter import Limiter, RateLimitExceeded, RouteLimit
from flask_limiter._extension import LimiterContext

from app.core.access import access_of
from app.core.auth import Principal, maybe_principal
from app.core.errors import Problem, TooManyRequests
from app.core.web import API_PATHS, render_problem
from app.limits import service
from app.limits.beside import key_beside
from app.limits.counter import EXTENSION, Limits
from app.limits.strategy import NAME, SCHEME
from app.limits.table import load_limits
from app.limits.window import Ask, Bill, MemoryWindows, Verdict
from config import Settings

MISSING_COST = 9  # beyond the one it cost to ask
EXEMPT = ("assets.", "health.")  # health is asked every few seconds, by balancers behind one address
NOTHING_NOTED = LimiterContext()
log = structlog.get_logger(__name__)


class Front(Limiter):
    """Flask-Limiter with our evaluation in its hook.

    Attributes:
        is_decorating: Whether anything carries one of its decorators; without any, its own pass finds nothing to do.
    """

    is_decorating = False

    def limit(self, *args: Any, **how: Any) -> RouteLimit:  # Any: the library's own arguments
        """As documented by Flask-Limiter."""
        self.is_decorating = True
        return super().limit(*args, **how)

    def shared_limit(self, *args: Any, **how: Any) -> RouteLimit:  # Any: as above
        """As documented by Flask-Limiter."""
        self.is_decorating = True
        return super().shared_limit(*args, **how)

    @property
    def context(self) -> LimiterContext:
        """What the library notes of a request; nothing while nobody decorates."""
        return super().context if self.is_decorating else NOTHING_NOTED

    def _check_request_limit(self, callable_name: str | None = None, in_middleware: bool = True) -> None:  # noqa: FBT001, FBT002 (its signature)
        if in_middleware:
            check_request()
        if self.is_decorating:
            super()._check_request_limit(callable_name, in_middleware)


def address_of_request() -> str:
    """Return who a decorator counts when it names nobody."""
    return request.remote_addr or "unknown"


limiter = Front(key_func=address_of_request)


def is_exempt(endpoint: str | None) -> bool:
    """Static files and health checks cost nothing and are never refused."""
    return endpoint is not None and (endpoint == "static" or endpoint.startswith(EXEMPT))


def check_request() -> None:
    """Count this request under every limit it falls under.

    Raises:
        TooManyRequests: One of them is used up.
    """
    # Each use of a proxy costs 0.5 µs, and there are many below.
    asking: Request = request._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    if is_exempt(asking.endpoint):
        return
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    who = who_asks(app, asking)
    counting: Limits = app.extensions[EXTENSION]
    try:
        beside = key_beside(asking) if who is not None and who.kind == "session" else None
        verdicts = counting.evaluate(asks_of_request(app, asking, who), beside)
    except Exception:
        # A mistake in here must not take the site down with it; the log tells.
        log.exception("limits not counted")
        return
    refused = next((one for one in verdicts if one.wait_s), None)
    g.limit_shown = refused or (verdicts[0] if verdicts else None)
    if refused is not None:
        raise service.refusal(refused)


def who_asks(app: Flask, asking: Request) -> Principal | None:
    """Return who is counted; a credential that is refused counts as nobody's, so guessing tokens is limited."""
    access = access_of(app, asking.endpoint)
    if access is None or not access.session:
        return None
    try:
        return maybe_principal()
    except Problem:
        return None


def asks_of_request(app: Flask, asking: Request, who: Principal | None) -> Bill:
    """Return what is counted, the one shown in headers first."""
    counting: Limits = app.extensions[EXTENSION]
    address = "" if who else address_of_request()
    key = f"user:{who.public_id}" if who else f"ip:{address}"
    if who is not None and who.kind == "token":
        key = f"token:{who.credential}"
    is_api = asking.path.startswith(API_PATHS)
    is_search = not is_api and bool(asking.args.get("q"))
    named = getattr(app.view_functions.get(asking.endpoint or ""), "__limit__", None)
    own = who.limit_per_min if who else None

    def make() -> Iterator[Ask | None]:
        yield counting.ask_for("api" if is_api else "page", key, per_minute=own if is_api else None)
        if is_search:
            yield counting.ask_for("search", key)
        if named is not None:
            yield counting.ask_for(named, key)
        if who is None:
            yield counting.ask_for("ip", address)
        if own is None:
            yield counting.ask_for("burst", key)
        yield counting.ask_for("global", "all")

    return counting.bill_for((key, is_api, is_search, named, own), make)


def write_headers(response: Response) -> Response:
    """Say what is left, as draft-ietf-httpapi-ratelimit-headers-10 writes it; an unknown address costs more."""
    if response.status_code == 404 and not is_exempt(request.endpoint):  # noqa: PLR2004
        charge_missing()
    shown: Verdict | None = g.pop("limit_shown", None)
    if shown is not None:
        name, _, amount, window_s, _ = shown.ask
        response.headers["RateLimit-Policy"] = f'"{name}";q={amount};w={window_s}'
        response.headers["RateLimit"] = f'"{name}";r={shown.left};t={shown.wait_s or window_s}'
    return response


def charge_missing() -> None:
    """Make looking for addresses by guessing expensive for the address that does it."""
    try:
        ask = service.ask_for("ip", address_of_request(), cost=MISSING_COST)
        service.limits().evaluate([ask] if ask else [])
    except Exception:
        log.exception("limits not counted")


def refuse_decorated(error: RateLimitExceeded) -> Response:
    """Answer a refusal of a `@limiter.limit` decorator as every other one."""
    item = error.limit.limit
    return render_problem(TooManyRequests(limit=str(item), retry_after_s=item.get_expiry()))


def init_limits(app: Flask, settings: Settings) -> None:
    """Read the table and put the front before every request.

    Raises:
        BadLimit: A `LIMIT_…` setting cannot be used.
    """
    app.extensions[EXTENSION] = Limits(
        table=load_limits(os.environ),
        spare=MemoryWindows(settings.web_workers),
        failures=MemoryWindows(),
    )
    app.config.update(
        RATELIMIT_STORAGE_URI=f"{SCHEME}://",
        RATELIMIT_STRATEGY=NAME,
        RATELIMIT_HEADERS_ENABLED=False,
        RATELIMIT_SWALLOW_ERRORS=True,
    )
    limiter.init_app(app)
    app.after_request(write_headers)
    app.register_error_handler(RateLimitExceeded, refuse_decorated)
