"""Valkey without what other tests' processes said of their pools."""

import time

import pytest
from flask import Flask

from app.core.redis import request_redis
from app.queries.pools import store


@pytest.fixture(autouse=True)
def nobody_else(app: Flask) -> None:
    """What other tests' processes said is forgotten."""
    with app.app_context():
        minute = int(time.time()) // store.MINUTE_S
        keys = [f"{store.WAITS}:{minute - back}" for back in range(-1, 61)]
        request_redis().run(lambda client: client.delete(store.NOW, *keys))
