"""Many ask Valkey at once: they wait for a connection, and nobody takes a busy client for a server that is away."""

import threading

import pytest
from flask import Flask

from app.core.redis import MOST_CONNECTIONS, RedisAway, RequestRedis, connect

RUSH = MOST_CONNECTIONS * 4


def test_a_rush_waits_for_connections_and_finds_valkey_there(app: Flask) -> None:
    patient = RequestRedis(connect(app.config["SETTINGS"], timeout_s=5.0))
    barrier, away, answers = threading.Barrier(RUSH), [], []

    def ask() -> None:
        with app.app_context():
            barrier.wait()
            try:
                answers.append(patient.run(lambda client: client.ping()))
            except RedisAway as error:
                away.append(str(error))

    threads = [threading.Thread(target=ask) for _ in range(RUSH)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert away == []
    assert answers == [True] * RUSH
    patient.client.close()


def test_who_finds_no_connection_in_its_time_goes_on_without(app: Flask) -> None:
    hurried = RequestRedis(connect(app.config["SETTINGS"], timeout_s=0.05))
    held = [hurried.client.connection_pool.get_connection() for _ in range(MOST_CONNECTIONS)]
    with app.app_context(), pytest.raises(RedisAway, match=r"[Cc]onnection"):
        hurried.run(lambda client: client.ping())
    for connection in held:
        hurried.client.connection_pool.release(connection)
    hurried.client.close()
