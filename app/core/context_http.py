"""The start of every request: a request id, the proxy's headers, the scope of nobody."""

import re

from flask import Flask, request
from werkzeug.middleware.proxy_fix import ProxyFix

from app.core import arms, tenancy
from app.core.context import set_actor, set_request_id
from app.core.errors import NotFound
from app.core.ids import new_ulid
from app.core.sent import NUL, refuse_nul_in
from config import Settings

_SENT_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")


def init_context(app: Flask, settings: Settings) -> None:
    """Trust exactly as many proxies as the setting says, and begin each request as nobody."""
    if settings.proxy_hops:
        hops = settings.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]

    @app.before_request
    def begin() -> None:
        sent = request.headers.get("X-Request-Id", "")
        set_request_id(sent if _SENT_ID.fullmatch(sent) else new_ulid())
        set_actor(None)
        tenancy.enter(tenancy.NOBODY)
        arms.begin()
        if NUL in request.path:
            raise NotFound  # nothing has such a name, which the database cannot even be asked for
        refuse_nul_in(dict(request.args.lists()))
