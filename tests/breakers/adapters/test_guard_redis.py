"""A redis-py client behind a breaker, with a real Valkey that is stopped and started."""

from typing import Any

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

from app.breakers.adapters.redis import guard_redis
from app.breakers.breaker import Breaker
from app.breakers.states import CallNotPermitted, State
from app.core.redis import connect
from config import Settings
from tests.services import running_services
from tests.site import wait_for


def settings_of(redis_url: str) -> Settings:
    return Settings(database_url="postgresql://nobody@127.0.0.1/none", redis_url=redis_url)


def test_commands_and_pipelines_are_calls_and_an_answered_error_is_a_success(redis_url: str, make_breaker: Any) -> None:
    one: Breaker = make_breaker(sliding_window_size=10)
    client = guard_redis(connect(settings_of(redis_url), timeout_s=1), one.name)
    assert client.set(one.name, "7", ex=60)
    with client.pipeline(transaction=False) as pipe:
        assert pipe.get(one.name).incr(one.name).execute() == [b"7", 8]
    with pytest.raises(ResponseError):
        client.lpush(one.name, "no list")
    assert (one.state, one.figures_now()) == (State.CLOSED, (3, 0, 0))


def test_a_stopped_server_opens_it_and_it_closes_by_itself(make_breaker: Any) -> None:
    one: Breaker = make_breaker()
    with running_services() as own:
        client = guard_redis(connect(settings_of(own.redis_url), timeout_s=0.2), one.name)
        assert client.ping()
        assert own.valkey is not None
        own.valkey.stop()
        with pytest.raises(RedisConnectionError):
            client.ping()
        with pytest.raises((RedisConnectionError, CallNotPermitted)), client.pipeline() as pipe:
            pipe.ping().execute()
        with pytest.raises(CallNotPermitted):
            client.ping()
        with pytest.raises(CallNotPermitted), client.pipeline() as pipe:
            pipe.ping().execute()
        own.valkey.start()

        def is_back() -> bool:
            try:
                return bool(client.ping())
            except (RedisConnectionError, CallNotPermitted):
                return False

        wait_for(is_back)
        assert one.state is State.CLOSED
