"""gunicorn's entry for the live measurements: the app, the fact of the measurement, and what the process holds."""

from wsgi import app  # isort: skip  (patches the standard library first)

import gc
import json
import os
from collections.abc import Callable, Iterable
from typing import Any

import gevent

from app.realtime.switchboard import switchboard_of
from bench.live_facts import init_bench

PATH = "/bench/held"
_served = app.wsgi_app


def serve(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer what this process holds; everything else goes to the app."""
    if environ.get("PATH_INFO") != PATH:
        return _served(environ, start_response)
    gc.collect()
    held = {
        "pid": os.getpid(),
        "greenlets": sum(isinstance(one, gevent.Greenlet) and not one.dead for one in gc.get_objects()),
        "members": len(switchboard_of(app).members.all()),
        "sockets": len(app.extensions["quarterdeck-sockets"].eio.sockets),
    }
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(held).encode()]


app.wsgi_app = serve  # type: ignore[method-assign]
init_bench(app)
