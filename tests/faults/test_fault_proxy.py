"""Each toxic does to a real Valkey or PostgreSQL connection what its name says, and healing undoes it."""

import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pytest
from redis import Redis
from redis.exceptions import ConnectionError as LostError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as LateError

from tests.faults.proxy import FaultProxy
from tests.services import Services
from tests.site import wait_for


def reached(url: str) -> tuple[str, int]:
    there = urlsplit(url)
    assert there.hostname is not None
    assert there.port is not None
    return there.hostname, there.port


@pytest.fixture
def proxy(services: Services) -> Iterator[FaultProxy]:
    """A proxy to the run's Valkey."""
    with FaultProxy(reached(services.redis_url)) as proxy:
        yield proxy


@pytest.fixture
def valkey(services: Services, proxy: FaultProxy) -> Iterator[Redis]:
    """A client by way of the proxy that does not try again, and waits for two seconds."""
    with Redis.from_url(proxy.url_of(services.redis_url), socket_timeout=2, retry=None) as client:
        assert client.ping()
        yield client


def seconds_of_ping(client: Redis) -> float:
    began = time.monotonic()
    assert client.ping()
    return time.monotonic() - began


def test_without_toxics_everything_passes(valkey: Redis, proxy: FaultProxy) -> None:
    assert valkey.echo("x" * 300_000) == b"x" * 300_000
    assert proxy.connections == 1
    assert proxy.accepted == 1


def test_latency_delays_each_answer_and_heals(valkey: Redis, proxy: FaultProxy) -> None:
    proxy.latency(ms=150)
    assert seconds_of_ping(valkey) >= 0.15
    proxy.latency(ms=100, stream="upstream")
    assert seconds_of_ping(valkey) >= 0.25
    proxy.heal()
    assert min(seconds_of_ping(valkey) for _ in range(5)) < 0.15


def test_latency_does_not_narrow_the_stream(valkey: Redis, proxy: FaultProxy) -> None:
    proxy.latency(ms=50)
    began = time.monotonic()
    valkey.echo(
        "x" * 1_000_000
    )  # 62 chunks: one after another they would take three seconds, over the client's patience
    assert 0.05 <= time.monotonic() - began < 2


def test_a_timeout_lets_nothing_through_and_heals_without_a_hole(valkey: Redis, proxy: FaultProxy) -> None:
    valkey.delete("proxy:counted")
    proxy.timeout()
    hanging = Redis.from_url(proxy.url_of("redis://127.0.0.1:1"), socket_timeout=0.2, retry=None)
    with pytest.raises(LateError):  # a new connection is accepted, and answered by nobody
        hanging.ping()
    valkey.connection_pool.connection_kwargs["socket_timeout"] = 0.2
    connection = valkey.connection_pool.get_connection()
    connection.send_command("INCR", "proxy:counted")
    assert not connection.can_read(timeout=0.2)
    proxy.heal()
    assert connection.read_response() == 1
    valkey.connection_pool.release(connection)
    hanging.close()


def test_a_timeout_closes_after_a_while(valkey: Redis, proxy: FaultProxy) -> None:
    proxy.timeout(after_ms=100)
    with pytest.raises(LostError):
        valkey.ping()


def test_down_refuses_and_drops_and_keeps_its_port(valkey: Redis, proxy: FaultProxy) -> None:
    port = proxy.port
    proxy.down()
    assert proxy.connections == 0
    for _ in range(2):  # the open connection was dropped, the next one is refused
        with pytest.raises(LostError):
            valkey.ping()
    proxy.heal()
    assert proxy.port == port
    assert valkey.ping()


def test_reset_peer_resets_open_and_new_connections(valkey: Redis, proxy: FaultProxy) -> None:
    proxy.reset_peer()
    wait_for(lambda: proxy.connections == 0)
    for _ in range(2):
        with pytest.raises((LostError, ConnectionResetError), match=r"reset|closed|Broken pipe"):
            valkey.ping()
    proxy.heal()
    assert valkey.ping()


def test_bandwidth_narrows_the_stream(valkey: Redis, proxy: FaultProxy) -> None:
    proxy.bandwidth(kb_s=200)
    began = time.monotonic()
    valkey.echo("x" * 100_000)
    assert time.monotonic() - began >= 0.4
    proxy.heal()


def test_limit_data_closes_each_connection_after_so_many_bytes(valkey: Redis, proxy: FaultProxy) -> None:
    proxy.limit_data(bytes_=1000)
    assert valkey.echo("x" * 500) == b"x" * 500
    with pytest.raises(RedisError):
        valkey.echo("x" * 500)
    proxy.heal()
    assert valkey.echo("x" * 5000) == b"x" * 5000


def test_postgresql_behind_a_proxy_is_lost_in_the_middle_of_a_statement(services: Services) -> None:
    url = services.addresses.postgres_url
    with FaultProxy(reached(url)) as proxy:
        sql = psycopg.connect(proxy.url_of(url), autocommit=True)
        assert sql.execute("SELECT 1").fetchone() == (1,)
        proxy.reset_peer(after_ms=100)
        with pytest.raises(psycopg.OperationalError):
            sql.execute("SELECT pg_sleep(20)")
        assert sql.broken
        proxy.down()
        with pytest.raises(psycopg.OperationalError, match="refused"):
            psycopg.connect(proxy.url_of(url))
        proxy.heal()
        with psycopg.connect(proxy.url_of(url)) as again:
            assert again.execute("SELECT 1").fetchone() == (1,)
