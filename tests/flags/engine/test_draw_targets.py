"""The draws: shares within chance, nobody lost when a share grows, every draw independent of the others."""

import math

import mmh3
import pytest

from app.flags.engine.hashing import hash_text, place, threshold, thresholds
from app.flags.engine.model import WHOLE
from tests.flags.engine.making import boolean, coloured, rule, table

TARGETS = 200_000
SHARES = (1, 10, 100, 1_000, 5_000, 10_000, 12_500, 25_000, 50_000, 75_000, 90_000, 99_000, 99_999, WHOLE)
# Five standard deviations: one false alarm in 1.7 million shares; and the salts are fixed, so it is the same every time.
SIGMAS = 5


@pytest.fixture(scope="module")
def places():
    return [place("rollout", f"user-{number}") for number in range(TARGETS)]


@pytest.mark.parametrize("share", SHARES)
def test_a_share_gets_its_part_within_the_bounds_of_chance(places, share):
    inside, odds = sum(spot < share for spot in places), share / WHOLE
    assert abs(inside - TARGETS * odds) <= SIGMAS * math.sqrt(TARGETS * odds * (1 - odds))


def test_places_are_spread_evenly(places):
    assert chi_square(count(spot * 100 // WHOLE for spot in places), [TARGETS / 100] * 100) < 180  # p = 0.0000011 at 99


def test_raising_a_percentage_never_removes_anybody():
    targets = [f"user-{number}" for number in range(5_000)]
    before: set[str] = set()
    for share in SHARES:
        flags = table(boolean(percentage=share))
        now = {target for target in targets if flags.is_enabled("f", target)}
        assert before <= now
        before = now
    assert len(before) == len(targets)


def test_the_variant_of_a_split_stays_when_the_percentage_rises():
    targets = [f"user-{number}" for number in range(5_000)]
    split = (("on", 1), ("green", 2))
    few, all_ = (table(coloured(percentage=share, split=split)) for share in (20_000, WHOLE))
    given = {target: few.evaluate("f", target).variant for target in targets}
    inside = {target: variant for target, variant in given.items() if variant != "off"}
    assert 800 < len(inside) < 1_200
    assert all(all_.evaluate("f", target).variant == variant for target, variant in inside.items())


def test_percentage_rule_and_split_are_each_drawn_with_a_salt_of_their_own():
    shared = table(coloured(percentage=40_000, rules=(rule(variant="off", percentage=30_000),)))
    halves = table(coloured(percentage=WHOLE, split=(("on", 1), ("green", 2))))
    for target in (f"user-{number}" for number in range(300)):
        in_rule, in_share = place("salt-f.rule.r1", target) < 30_000, place("salt-f", target) < 40_000
        assert shared.evaluate("f", target).variant == ("off" if in_rule or not in_share else "on")
        assert halves.evaluate("f", target).variant == (
            "on" if hash_text(f"salt-f.split.{target}") * 3 >> 32 < 1 else "green"
        )


def test_a_split_follows_its_weights():
    flags = table(coloured(percentage=WHOLE, split=(("on", 5), ("green", 0), ("off", 15))))
    counts = {"on": 0, "off": 0, "green": 0}
    for number in range(20_000):
        counts[flags.evaluate("f", f"user-{number}").variant] += 1
    assert counts["green"] == 0
    assert chi_square([counts["on"], counts["off"]], [5_000, 15_000]) < 24  # p = 0.000001 at 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("flag-a", "flag-b"),
        ("flag-a", "flag-a.split"),
        ("flag-a", "flag-a.rule.r1"),
        ("flag-a.rule.r1", "flag-a.split"),
    ],
)
def test_draws_are_independent_of_each_other(one, other):
    cells = [0] * 100
    for number in range(50_000):
        target = f"user-{number}"
        cells[place(one, target) * 10 // WHOLE * 10 + place(other, target) * 10 // WHOLE] += 1
    assert chi_square(cells, [500] * 100) < 180


def test_the_hash_is_murmur3_of_salt_and_target():
    assert hash_text("hello") == 0x248BFA47  # a published vector of murmur3-32
    assert place("salt", "ada") == mmh3.hash("salt.ada", signed=False) * 100_000 >> 32


def test_a_lone_surrogate_is_drawn_like_any_other_text():
    target = "\ud800"
    given = table(boolean(percentage=50_000)).evaluate("f", target)
    assert given.error is None
    assert given.value is (place("salt-f", target) < 50_000)


@pytest.mark.parametrize("whole", [1, 3, 100, 99_999, WHOLE, 2**31 - 1])
def test_a_threshold_decides_exactly_as_the_multiplication_does(whole):
    for share in {0, 1, whole // 3, whole // 2, whole - 1, whole}:
        end = threshold(share, whole)
        for drawn in (hashed for hashed in (0, end - 1, end, end + 1, 2**32 - 1) if 0 <= hashed < 2**32):
            assert (drawn < end) is (drawn * whole >> 32 < share)


def test_the_last_part_of_a_split_ends_where_the_hashes_end():
    assert thresholds([1, 1, 1])[-1] == 2**32


def count(numbers):
    counts = [0] * 100
    for number in numbers:
        counts[number] += 1
    return counts


def chi_square(found, expected):
    return sum((have - want) ** 2 / want for have, want in zip(found, expected, strict=True))
