"""Valkey stopped: pages go on, requests wait for it once, and the breaker `redis` of this process opens and closes."""

import signal
import time

import pytest
from flask import Flask

from app.breakers import registry
from app.breakers.states import Scope, State
from app.core.redis import EXTENSION, RedisAway, RequestRedis
from tests.services import Services
from tests.site import wait_for
from tests.world import Person

pytestmark = pytest.mark.slow


def test_a_lost_redis_is_left_alone_and_found_again(own: Services, lonely: Flask, reader: Person) -> None:
    one, redis = registry.breaker("redis"), lonely.extensions[EXTENSION]
    assert isinstance(redis, RequestRedis)
    own.valkey.stop()
    wait_for(lambda: reader.get("/api/user").status_code == 200 and one.state is State.OPEN, limit_s=20)
    assert one.scope is Scope.LOCAL
    asked, begun = redis.commands, time.monotonic()
    assert [reader.get(path).status_code for path in ("/", "/orders", "/inventory")] == [200] * 3
    assert time.monotonic() - begun < 3
    assert redis.commands - asked <= 2  # a probe and no more
    with pytest.raises(RedisAway):
        redis.run(lambda client: client.ping())

    own.valkey.start()
    wait_for(lambda: reader.get("/api/user").status_code == 200 and one.state is State.CLOSED, limit_s=20)
    assert redis.run(lambda client: client.ping())


def test_a_frozen_redis_costs_a_request_one_budget(own: Services, lonely: Flask, reader: Person) -> None:
    redis = lonely.extensions[EXTENSION]
    budget_s = lonely.config["SETTINGS"].redis_budget_ms / 1000
    process = own.valkey.process
    process.send_signal(signal.SIGSTOP)
    try:
        taken = [time_ping(redis) for _ in range(30)]
    finally:
        process.send_signal(signal.SIGCONT)
    assert max(taken) < budget_s + 0.2
    assert sum(taken) < 5 * budget_s + 0.5  # most did not wait at all


def time_ping(redis: RequestRedis) -> float:
    begun = time.monotonic()
    with pytest.raises(RedisAway):
        redis.run(lambda client: client.ping())
    return time.monotonic() - begun
