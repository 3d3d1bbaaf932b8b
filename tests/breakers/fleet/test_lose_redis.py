"""Redis is never in the way: no command while it is closed or open, and nobody waits when it is gone."""

import os
import signal

import pytest
from redis import Redis

from app.core.embedded.valkey import Valkey
from tests.breakers.fleet.crew import Crew, running_crew
from tests.site import wait_for

pytestmark = pytest.mark.slow
TEN = {"minimum_number_of_calls": 10, "wait_duration_in_open_state_ms": 60_000}


def test_no_command_per_call_in_closed_and_open(pair: Crew, name: str, client: Redis) -> None:
    pair.all("make", name=name, **TEN)
    one = pair[0]

    def commands_of(**calls: int) -> int:
        """Count what Valkey is asked about this breaker while calls are made."""
        with client.monitor() as monitor:
            one.start("call", name=name, **calls)
            one.read()
            client.echo("calls are made")
            seen = 0
            for said in monitor.listen():
                if "calls are made" in said["command"]:
                    return seen
                seen += name in said["command"]
        raise AssertionError

    # What is seen comes from the thread: a few lines for thousands of calls.
    assert commands_of(works=20_000) <= 30
    assert commands_of(fails=60) <= 30
    pair.wait_for_state(name, "OPEN")
    assert commands_of(works=20_000) <= 30
    assert one.ask("state", name=name)["commands"] == 0


def test_a_flushed_valkey_means_closed_everywhere(pair: Crew, name: str, client: Redis) -> None:
    pair.all("make", name=name, **TEN)
    pair.all("call", name=name, fails=9)
    pair.wait_for_state(name, "OPEN")
    client.hdel("breakers", name)
    pair.wait_for_state(name, "CLOSED")
    assert pair.all("call", name=name, works=1) == [{"worked": 1}] * 2
    pair.all("call", name=name, fails=9)
    pair.wait_for_state(name, "OPEN")


def test_a_killed_valkey_leaves_each_process_its_own_window(valkey: Valkey, name: str) -> None:
    with running_crew(valkey.url(), 2) as crew:
        crew.all("make", name=name, **TEN)
        crew.all("call", name=name, works=1)
        wait_for(lambda: crew[0].ask("merged", name=name)["calls"] == 2)
        valkey.stop()
        wait_for(lambda: all(found["degraded"] for found in crew.all("state", name=name)))
        crew[0].ask("call", name=name, fails=9)
        assert crew.states(name) == ["OPEN", "CLOSED"]
        assert crew[0].ask("state", name=name)["scope"] == "local"
        valkey.start()
        wait_for(lambda: not any(found["degraded"] for found in crew.all("state", name=name)))
        crew[1].ask("call", name=name, fails=5)
        crew.wait_for_state(name, "OPEN")
        assert [change["after"] for change in crew.changes(name)] == ["OPEN"], "they decide together again"


def test_a_frozen_valkey_delays_nobody(valkey: Valkey, name: str) -> None:
    with running_crew(valkey.url(), 1) as crew:
        (one,) = crew
        one.ask("make", name=name, **{**TEN, "wait_duration_in_open_state_ms": 1000})
        usual = one.ask("time_calls", name=name, seconds=1)
        with Redis.from_url(valkey.url()) as looked:
            pid = looked.info("server")["process_id"]
        os.kill(pid, signal.SIGSTOP)
        try:
            frozen = one.ask("time_calls", name=name, seconds=2.5)
            one.ask("call", name=name, fails=10_000)  # enough to open, whatever worked before
            wait_for(lambda: one.ask("state", name=name)["state"] == "OPEN")
            rejecting = one.ask("time_calls", name=name, seconds=0.5)
            wait_for(lambda: one.ask("call", name=name, works=10) == {"worked": 10}, limit_s=10)
            assert one.ask("state", name=name)["state"] == "CLOSED", "it found its way alone"
            assert one.ask("state", name=name)["degraded"]
        finally:
            os.kill(pid, signal.SIGCONT)
        assert max(frozen, rejecting) < max(500, 3 * usual), "ms; a round trip would have taken a second"
