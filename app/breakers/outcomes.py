"""How requests end, by the variants they were given: what a guarded rollout compares."""

import time

from flask import Flask, Response, g

from app.breakers.arm_counts import count_outcome
from app.core import arms

METRIC, FAILED, SLOW_S = "requests", 500, 1.0


def count_request(response: Response) -> Response:
    """Count an answered request for each guarded variant; nothing at all while no rollout is guarded."""
    if arms.watch.on and (given := arms.current()):
        took_s = time.perf_counter() - g.get("begun_at", time.perf_counter())
        count_outcome(METRIC, given, failed=response.status_code >= FAILED, slow=took_s > SLOW_S)
    return response


def init_outcomes(app: Flask) -> None:
    """Look at every answer."""
    app.after_request(count_request)
