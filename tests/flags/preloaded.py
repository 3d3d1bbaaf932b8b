"""A tiny site for gunicorn --preload: the flags are asked in the parent before it forks, as careless code does."""

import os

if os.environ.get("PATCHED"):
    from gevent import monkey

    monkey.patch_all()

import json
from collections.abc import Callable, Iterable
from typing import Any

from app import create_app, flags

app = create_app()
before = flags.is_enabled("core-api")


def site(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """Answer what a flag answers in this worker."""
    with app.app_context():
        made = flags.evaluate(environ["PATH_INFO"].strip("/"), "somebody")
    start("200 OK", [("Content-Type", "application/json")])
    return [json.dumps({"variant": made.variant, "pid": os.getpid(), "before": before}).encode()]
