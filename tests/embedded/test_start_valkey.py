"""The embedded Valkey: a broker that refuses rather than forgets."""

import socket

import pytest

from app.core.embedded.valkey import Valkey


def command(server: Valkey, *words: str) -> str:
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(f"AUTH {server.password}\r\n{' '.join(words)}\r\n".encode())
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(4096), b"")).decode()


def test_it_never_evicts_and_writes_what_it_holds(valkey):
    valkey.start()
    assert "noeviction" in command(valkey, "CONFIG GET maxmemory-policy")
    assert "everysec" in command(valkey, "CONFIG GET appendfsync")
    assert "127.0.0.1" in command(valkey, "CONFIG GET bind")


def test_without_the_password_it_answers_nothing(valkey):
    valkey.start()
    stranger = Valkey(valkey.place, valkey.port, "wrong")
    assert "WRONGPASS" in command(stranger, "PING")
    assert not stranger.is_ready()


@pytest.mark.parametrize("is_killed", [False, True])
def test_what_it_held_is_there_after_a_restart(valkey, is_killed):
    valkey.start()
    command(valkey, "SET", "kept", "yes")
    if is_killed:
        valkey.process.kill()
        valkey.process.wait()
    else:
        valkey.stop()
    valkey.start()
    assert "yes" in command(valkey, "GET", "kept")


def test_a_server_left_by_a_killed_supervisor_is_ended_first(valkey):
    valkey.start()
    left = valkey.process
    Valkey(valkey.place, valkey.port, valkey.password).prepare()
    assert left.wait(timeout=5) is not None
