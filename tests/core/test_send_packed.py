"""Packed commands go by connections at hand: what such a connection may have lived through, and who gets it."""

import os
import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from redis import Redis
from redis.exceptions import ResponseError

from app.core.ids import new_ulid
from app.core.redis import MOST_AT_HAND, Pool, connect, pack, send


@pytest.fixture
def client(app: Flask) -> Iterator[Redis]:
    made = connect(app.config["SETTINGS"], timeout_s=5.0)
    yield made
    made.close()


def connection_id(client: Redis) -> int:
    return int(send(client, pack(b"CLIENT", b"ID")))


def test_the_next_command_goes_by_the_same_connection(client: Redis) -> None:
    assert len({connection_id(client) for _ in range(5)}) == 1


def test_a_connection_the_server_hung_up_on_is_opened_again_unnoticed(client: Redis) -> None:
    before = connection_id(client)
    client.client_kill_filter(_id=str(before))
    after = connection_id(client)
    assert after != before
    assert connection_id(client) == after


def test_a_connection_closed_by_its_pool_is_opened_again(client: Redis) -> None:
    before = connection_id(client)
    client.connection_pool.disconnect()
    assert connection_id(client) != before


def test_a_refused_command_leaves_no_answer_for_the_next(client: Redis) -> None:
    key = new_ulid().encode()
    client.hset(key, "a", 1)
    with pytest.raises(ResponseError):
        send(client, pack(b"GET", key))
    assert send(client, pack(b"HGET", key, b"a")) == b"1"
    assert send(client, pack(b"GET", b"nothing:" + key)) is None


def test_many_at_once_get_their_own_answers_and_most_connections_go_back(client: Redis) -> None:
    barrier, wrong = threading.Barrier(40), []

    def ask(name: bytes) -> None:
        barrier.wait()
        wrong.extend(one for one in (send(client, pack(b"ECHO", name)) for _ in range(20)) if one != name)

    threads = [threading.Thread(target=ask, args=(b"%d" % n,)) for n in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pool = client.connection_pool
    assert isinstance(pool, Pool)
    assert wrong == []
    assert 1 <= len(pool.at_hand) <= MOST_AT_HAND


def test_a_child_process_does_not_speak_over_its_parent_s_connection(client: Redis) -> None:
    mine = connection_id(client)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writing, b"%d" % connection_id(client))
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert int(os.read(reading, 20)) != mine
    assert connection_id(client) == mine
