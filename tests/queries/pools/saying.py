"""Processes that say something of their pools."""

import time

from flask import Flask

from app.core.pool_figures import Gauges, Waits
from app.core.redis import request_redis
from app.queries.pools import store


def tell(app: Flask, process: str, bind: str, gauges: Gauges, waits: Waits | None = None, age_s: float = 0) -> None:
    """Let a process say something."""
    told = store.Told(process, "web", time.time() - age_s, {bind: gauges})
    with app.app_context():
        request_redis().run(lambda client: store.write(client, told, {bind: waits or Waits()}))
