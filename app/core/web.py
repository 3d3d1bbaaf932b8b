"""Pages and fragments: htmx headers, security headers, cross-site refusal, rendering of Problems."""

from typing import IO, Any
from urllib.parse import urlsplit

import structlog
from flask import Flask, Response, current_app, g, make_response, redirect, render_template, request, session, url_for
from htmx_flask.requests import HtmxAwareRequest
from jinja2_fragments.flask import render_block
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound, RequestEntityTooLarge, SecurityError
from werkzeug.utils import cached_property

from app.core import errors
from app.core.body import open_body
from app.core.context import request_id
from app.core.errors import Problem
from app.core.form_token import SAFE_METHODS, csrf_token, is_ours
from app.core.packing import init_packing
from app.core.redis import RedisAway
from app.core.sent import host_of, refuse_nul_in

log = structlog.get_logger(__name__)
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
)
API_PATHS = ("/api/", "/ofrep/")  # where scripts ask, by token
SECURITY_HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}


class QuarterdeckRequest(HtmxAwareRequest):
    """htmx-flask reads htmx 2 headers; these properties read what htmx 4 sends."""

    @property
    def is_partial(self) -> bool:
        """True when htmx wants a piece of the page, false on history restore and plain navigation."""
        return (
            self.headers.get("HX-Request") == "true"
            and self.headers.get("HX-Request-Type", "partial") == "partial"
            and self.headers.get("HX-History-Restore-Request") != "true"
        )

    @property
    def hx_target(self) -> str:
        """The id of the element htmx will replace: htmx 4 sends `tag#id`."""
        return self.headers.get("HX-Target", "").rpartition("#")[2]

    @property
    def is_api(self) -> bool:
        """True for addresses that scripts ask: nobody reads a page or a sign-in form there, unless a browser asks for one."""
        if self.path.startswith("/files/signed/"):
            return "text/html" not in self.headers.get("Accept", "")
        return self.path.startswith((*API_PATHS, "/health/")) or self.path == "/metrics"

    @cached_property
    def stream(self) -> IO[bytes]:
        """The body, refused when it is longer than this address takes."""
        return open_body(self)

    def _load_form_data(self) -> None:
        """Read the form, and refuse NUL in it: here, so that a form that is sent to nobody is never read for it."""
        is_read = "form" in self.__dict__
        super()._load_form_data()
        if not is_read:
            refuse_nul_in(dict(self.form.lists()))


def is_partial() -> bool:
    """Say whether this request wants a fragment."""
    return bool(getattr(request, "is_partial", False))


def page(template: str, *, block: str | None = None, status: int = 200, **context: Any) -> Response:
    """Render a page, or only one of its blocks when htmx asks for a piece.

    Args:
        template: The page's one template.
        block: The block an htmx request gets; None renders the whole page always.
        status: HTTP status.
        **context: What the template shows.
    """
    if block is not None and is_partial():
        return make_response(render_block(template, block, **context), status)
    return make_response(render_template(template, **context), status)


def fragment(template: str, *, status: int = 200, **context: Any) -> Response:
    """Render a partial template: the same one the page and the live push use."""
    return make_response(render_template(template, **context), status)


def done(location: str, *, toast: str | None = None, undo: str | None = None) -> Response:
    """Answer an act: 303 to a page without script, HX-Redirect with it.

    Args:
        location: Where the person goes next.
        toast: One past-tense sentence shown there.
        undo: Address that a POST undoes the act at.
    """
    if toast:
        session.setdefault("flashes", []).append({"text": toast, "undo": undo})
        session.modified = True
    if is_partial():
        response = make_response("", 204)
        response.headers["HX-Redirect"] = location
        return response
    return make_response(redirect(location, 303))


def safe_next(target: str | None, default: str) -> str:
    """Return a path on this site to go to, never another site's."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")) or "\n" in target or "\r" in target:
        return default
    try:
        parts = urlsplit(target)
    except ValueError:  # such as "/\t/[": it leaves out the tab
        return default
    return default if parts.netloc or parts.scheme else target


def refuse_cross_site() -> None:
    """Refuse a changing request that another site made with this browser's cookie.

    Sec-Fetch-Site is decisive where it is sent; then Origin; then the form token. A Bearer token is no
    cookie, so such requests pass; so does a key in a header of its own, which no other site can send unasked.
    """
    has_key = request.headers.get("Authorization", "").startswith("Bearer ") or "X-API-Key" in request.headers
    if request.method in SAFE_METHODS or has_key:
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        if site in {"same-origin", "none"}:
            return
        raise errors.CrossSite
    origin = request.headers.get("Origin")
    if origin is not None:
        if host_of(origin) == request.host:
            return
        raise errors.CrossSite
    if not request.cookies:
        return
    if not is_ours():
        raise errors.CrossSite


def finish(response: Response) -> Response:
    """Add what every answer carries."""
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["X-Request-Id"] = request_id()
    if current_app.config["SETTINGS"].secure_cookies:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    if response.mimetype == "text/html":
        response.headers.setdefault("Cache-Control", "private, no-cache")
        response.vary.update(["HX-Request", "HX-Request-Type", "Cookie"])
    elif request.path.startswith(API_PATHS):
        response.headers.setdefault("Cache-Control", "private, no-store")
    return response


def render_problem(problem: Problem) -> Response:
    """Make a page, a fragment or a problem document of a Problem."""
    if getattr(request, "is_api", False) or request.accept_mimetypes.best == "application/json":
        response = problem_document(problem)
    elif problem.status == 401 and request.method == "GET" and not is_partial():  # noqa: PLR2004
        return make_response(redirect(url_for("accounts.show_login", next=request.full_path.rstrip("?")), 303))
    else:
        if problem.status == 503:  # noqa: PLR2004
            g.principal = None  # finding out who asks may need the very thing that is away
        template = "errors/fragment.html" if is_partial() else problem.page
        response = make_response(render_anyway(template, problem), problem.status)
        if problem.status == 401 and is_partial():  # noqa: PLR2004
            response.headers["HX-Redirect"] = url_for("accounts.show_login")
    retry_after = problem.fields.get("retry_after_s")
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def render_anyway(template: str, problem: Problem) -> str:
    """Render a Problem in the frame of who asks, or in the one for nobody when what tells them is away."""
    try:
        return render_template(template, problem=problem, request_id=request_id())
    except (SQLAlchemyError, RedisAway) as error:
        log.warning("an error page knows nobody", problem=problem.code, error=type(error).__name__)
        g.principal = None
        return render_template(template, problem=problem, request_id=request_id())


def problem_document(problem: Problem) -> Response:
    """Return the RFC 9457 document of a Problem."""
    from app.core.outbox import plain

    body = {
        "type": f"{current_app.config['SETTINGS'].base_url}/docs/problems#{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
        "requestId": request_id(),
        **plain(problem.fields),
    }
    response = make_response(current_app.json.response(body), problem.status)
    response.mimetype = "application/problem+json"
    return response


def as_problem(error: HTTPException) -> Problem:
    """Translate what Werkzeug raises by itself."""
    match error:
        case NotFound():
            return errors.NotFound()
        case MethodNotAllowed():
            return errors.MethodNotAllowed(allowed=", ".join(sorted(error.valid_methods or [])))
        case RequestEntityTooLarge():
            return errors.BodyTooLarge(limit_bytes=request.max_content_length or 0)
    if (error.code or 500) < 500:  # noqa: PLR2004
        return errors.BadRequest(reason=error.description or "It is not valid HTTP for this address")
    return errors.Unexpected()


def init_web(app: Flask) -> None:
    """Register headers, cross-site refusal and the one renderer of Problems."""
    app.request_class = type("Request", (QuarterdeckRequest,), {})
    app.before_request(refuse_cross_site)
    init_packing(app)
    app.after_request(finish)
    app.register_error_handler(Problem, render_problem)
    app.register_error_handler(HTTPException, lambda error: render_problem(as_problem(error)))
    # Under a name that is not ours no link can be built, so there can be no page either.
    app.register_error_handler(SecurityError, lambda error: problem_document(as_problem(error)))
    app.jinja_env.globals["csrf_token"] = csrf_token


__all__ = ["done", "fragment", "g", "init_web", "is_partial", "page", "safe_next"]
