"""A small site whose breaker is used before gunicorn forks: `/fail` calls through it, `/` says what this worker sees.

A worker fails at most eight calls, which no breaker of ten would open for alone.
"""

import os

if os.environ["WORKER_CLASS"] == "gevent":
    from gevent import monkey

    monkey.patch_all()

import json
from collections.abc import Callable, Iterable
from typing import Any

from app.breakers.fleet.sync import join_fleet
from app.breakers.registry import breaker
from app.breakers.states import CallNotPermitted
from tests.breakers.fleet.hand import Broken, settings_for

join_fleet(settings_for(os.environ["REDIS_URL"]))
one = breaker(os.environ["BREAKER"], minimum_number_of_calls=10)
one.call(int)  # the master's threads run now
MOST = 8
failed: set[int] = set()  # numbers of calls; each worker has its own after the fork


def fail() -> None:
    raise Broken


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    came = "asked"
    if environ["PATH_INFO"] == "/fail" and len(failed) < MOST:
        try:
            one.call(fail)
        except Broken:
            failed.add(len(failed))
            came = "failed"
        except CallNotPermitted:
            came = "rejected"
    start_response("200 OK", [("Content-Type", "application/json"), ("Connection", "close")])
    return [json.dumps({"pid": os.getpid(), "state": one.state.name, "came": came}).encode()]
