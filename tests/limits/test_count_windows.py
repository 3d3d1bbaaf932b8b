"""The moving window: never more than the amount in any window, in Valkey and in memory alike."""

import pytest
from redis import Redis

from app.core.ids import new_ulid
from app.core.redis import connect
from app.limits.table import BadLimit, load_limits, parse_limit
from app.limits.window import SCRIPT, Ask, MemoryWindows, read_answer, script_arguments


@pytest.fixture
def valkey(app, redis_url) -> Redis:
    return connect(app.config["SETTINGS"], timeout_s=1)


def evaluate(valkey: Redis, *asks: Ask):
    keys, values = script_arguments(asks)
    return read_answer(asks, valkey.register_script(SCRIPT)(keys=keys, args=values))


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
