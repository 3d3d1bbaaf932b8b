"""The moving window: never more than the amount in any window, in Valkey and in memory alike."""

import random
import struct
import time

import pytest
from flask import Flask
from redis import Redis

from app.core.ids import new_ulid
from app.core.redis import connect
from app.limits.counter import EXTENSION
from app.limits.script import SCRIPT, SLICES
from app.limits.table import BadLimit, load_limits, parse_limit
from app.limits.window import Ask, Bill, MemoryWindows, script_arguments


@pytest.fixture
def valkey(app, redis_url) -> Redis:
    return connect(app.config["SETTINGS"], timeout_s=1)


def evaluate(valkey: Redis, *asks: Ask):
    keys, argument = script_arguments(asks)
    return Bill.of(asks).read(valkey.register_script(SCRIPT)(keys=keys, args=[argument]))


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


def test_a_window_that_an_earlier_release_kept_in_a_hash_runs_out_beside_ours(valkey: Redis) -> None:
    ask = Ask("t", new_ulid(), 5, 60)
    valkey.hset(f"limit:t:{ask.key}", mapping={str(int(valkey.time()[0] / 3)): 3, "-1": 3})
    assert [evaluate(valkey, ask)[0].left for _ in range(2)] == [4, 3]


def test_a_limit_of_another_width_starts_anew(valkey: Redis) -> None:
    key = new_ulid()
    assert [evaluate(valkey, Ask("t", key, 3, 60))[0].left for _ in range(4)] == [2, 1, 0, 0]
    assert [evaluate(valkey, Ask("t", key, 3, width))[0].left for width in (600, 600, 6, 60)] == [2, 1, 2, 0]


def test_the_sum_is_that_of_the_slices_however_the_window_moves(valkey: Redis) -> None:
    ask, passed = Ask("t", new_ulid(), 40, 1), []
    until = time.monotonic() + 1.5
    while time.monotonic() < until:
        begun = time.monotonic()
        if evaluate(valkey, ask)[0].has_room:
            passed.append(begun)
    held = slices_of(valkey, ask)
    assert [at for at, _ in held] == sorted({at for at, _ in held})
    assert held[-1][0] - held[0][0] <= SLICES
    assert max(sum(1 for at in passed if start <= at < start + 0.9) for start in passed) <= 40
    assert len(passed) >= 40


def slices_of(valkey: Redis, ask: Ask) -> list[tuple[int, int]]:
    """Return (number, count) of the slices Valkey holds, oldest first; their sum is the one beside them."""
    (key,), _ = script_arguments([ask])
    held = valkey.get(key)
    assert isinstance(held, bytes)
    total, count, newest, *older = map(int, struct.unpack(f"<{len(held) // 8}d", held))
    slices = [*zip(older[::2], older[1::2], strict=True), (newest, count)]
    assert total == sum(each for _, each in slices)
    return slices


@pytest.mark.parametrize("seed", range(4))
def test_valkey_and_memory_say_the_same_of_any_asks_at_any_time(valkey: Redis, seed: int) -> None:
    chance, memory, base = random.Random(seed), MemoryWindows(), new_ulid()
    scripted = valkey.register_script(SCRIPT.replace("call('TIME')", "{ARGV[2], ARGV[3]}"))
    now_ms, long_ways = 1_790_000_000_007, 0
    for _ in range(1500):
        now_ms += chance.choice((0, 0, 0, 10, 40, 300, 3000)) if chance.random() < 0.99 else 70_000
        asks = [
            Ask("t", f"{base}:{name}", amount, width_s, chance.choice((1, 1, 1, 1, 2, 9, 0)))
            for name, amount, width_s in (("wide", 60, 60), ("narrow", 7, 1), ("middle", 30, 20))
            if chance.random() < 0.9
        ]
        if not asks:
            continue
        keys, argument = script_arguments(asks)
        times = [now_ms // 1000, now_ms % 1000 * 1000]
        answer = scripted(keys=keys, args=[argument, *times])
        bill = Bill.of(asks)
        assert bill.read(answer) == memory.evaluate(asks, now_ms / 1000)
        long_ways += not all(figure > 0 for figure in bill.figures.unpack(answer)[1::2])
    assert 100 < long_ways < 1400


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
    assert valkey.pttl(f"limit:t:{ask.key}:1") <= 1100


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
