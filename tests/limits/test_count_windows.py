"""The moving window: never more than the amount in any window, in Valkey and in memory alike."""

import time

import pytest
from flask import Flask
from redis import Redis

from app.core.ids import new_ulid
from app.core.redis import connect
from app.limits.counter import EXTENSION
from app.limits.table import BadLimit, load_limits, parse_limit
from app.limits.window import SCRIPT, Ask, MemoryWindows, read_answer, script_arguments


@pytest.fixture
def valkey(app, redis_url) -> Redis:
    return connect(app.config["SETTINGS"], timeout_s=1)


def evaluate(valkey: Redis, *asks: Ask):
    keys, argument = script_arguments(asks)
    return read_answer(asks, valkey.register_script(SCRIPT)(keys=keys, args=[argument]))


def test_the_amount_passes_and_not_one_more(valkey: Redis) -> None:
    ask = Ask("t", new_ulid(), 5, 60)
    verdicts = [evaluate(valkey, ask)[0] for _ in range(7)]
    assert [verdict.has_room for verdict in verdicts] == [True] * 5 + [False] * 2
    assert [verdict.left for verdict in verdicts] == [4, 3, 2, 1, 0, 0, 0]
    assert 57 <= verdicts[-1].wait_s <= 63


def test_nothing_is_charged_when_one_limit_has_no_room(valkey: Redis) -> None:
    tight, wide = Ask("tight", new_ulid(), 1, 60), Ask("wide", new_ulid(), 100, 60)
    evaluate(valkey, tight, wide)
    refused = evaluate(valkey, tight, wide)
    assert [verdict.has_room for verdict in refused] == [False, True]
    assert refused[1].used == 1


def test_looking_costs_nothing(valkey: Redis) -> None:
    key = new_ulid()
    assert [evaluate(valkey, Ask("t", key, 2, 60, 0))[0].left for _ in range(3)] == [2, 2, 2]


def test_a_window_counted_by_a_release_without_sums_goes_on(valkey: Redis) -> None:
    ask = Ask("t", new_ulid(), 5, 60)
    evaluate(valkey, ask)
    key, now = f"limit:t:{ask.key}", int(valkey.time()[0] / 3)
    valkey.hset(key, mapping={str(now): 3, str(now - 30): 9})
    valkey.hdel(key, "-1", "-2")  # as that release does with slices that are over, which these look like
    assert [evaluate(valkey, ask)[0].left for _ in range(3)] == [1, 0, 0]
    assert sum(int(n) for at, n in valkey.hgetall(key).items() if int(at) >= 0) == int(valkey.hget(key, "-1") or 0) == 5


def test_the_sum_is_that_of_the_slices_however_the_window_moves(valkey: Redis) -> None:
    ask, passed = Ask("t", new_ulid(), 40, 1), []
    until = time.monotonic() + 1.5
    while time.monotonic() < until:
        begun = time.monotonic()
        if evaluate(valkey, ask)[0].has_room:
            passed.append(begun)
    held = {int(at): int(n) for at, n in valkey.hgetall(f"limit:t:{ask.key}").items()}
    assert held.pop(-1) == sum(n for at, n in held.items() if at >= 0)
    assert held.pop(-2) <= min(held)
    assert max(sum(1 for at in passed if start <= at < start + 0.9) for start in passed) <= 40
    assert len(passed) >= 40


def test_a_server_that_lost_the_script_is_told_it_again(app: Flask, valkey: Redis) -> None:
    with app.app_context():
        ask = Ask("t", new_ulid(), 5, 60)
        app.extensions[EXTENSION].evaluate([ask])
        valkey.script_flush()
        assert app.extensions[EXTENSION].evaluate([ask])[0].left == 3


def test_no_window_ever_holds_more_than_the_amount() -> None:
    windows, passed = MemoryWindows(), []
    now = 1000.0
    while now < 1012.0:  # an attacker who tries all the time, at the edges too
        if windows.evaluate([Ask("t", "k", 10, 2)], now)[0].has_room:
            passed.append(now)
        now += 0.01
    assert max(sum(1 for at in passed if start <= at < start + 2) for start in passed) <= 10
    assert len(passed) >= 50


def test_valkey_and_memory_agree_about_a_window_that_moves_on(valkey: Redis) -> None:
    ask = Ask("t", new_ulid(), 3, 1)
    assert [evaluate(valkey, ask)[0].has_room for _ in range(4)] == [True, True, True, False]
    wait_s = evaluate(valkey, ask)[0].wait_s
    assert wait_s in {1, 2}
    assert valkey.pttl(f"limit:t:{ask.key}") <= 1100


def test_memory_shares_the_amount_between_processes() -> None:
    windows = MemoryWindows(share=4)
    assert [windows.evaluate([Ask("t", "k", 10, 60)], 5.0)[0].has_room for _ in range(3)] == [True, True, False]


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("60/min", (60, 60)),
        ("5/15min", (5, 900)),
        ("50/h", (50, 3600)),
        ("100 per second", (100, 1)),
        ("9/2days", (9, 172_800)),
        ("off", (0, 60)),
    ],
)
def test_limits_are_written_as_people_say_them(text: str, limit: tuple[int, int]) -> None:
    assert parse_limit(text) == limit


@pytest.mark.parametrize("text", ["", "60", "0/min", "-1/min", "60/fortnight", "60/0min", "a/min"])
def test_other_forms_are_refused_by_name(text: str) -> None:
    with pytest.raises(BadLimit, match=r"LIMIT_API: .* is no limit; write it like 60/min"):
        load_limits({"LIMIT_API": text})


def test_a_limit_nobody_knows_is_refused_with_the_known_ones() -> None:
    with pytest.raises(BadLimit, match=r"LIMIT_APIS names no limit; remove it or use one of LIMIT_AUTH, "):
        load_limits({"LIMIT_APIS": "60/min"})
