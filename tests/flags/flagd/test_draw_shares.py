"""`fractional` gives everybody the variant that each of flagd's three versions gives.

Restates the fractional rows of flagd-testbed 3.9.0 (evaluator suite: v1, v2; targeting suite: v3): the facts are
the published ones, the flags and their layout our own.
"""

import pytest

from app.flags.engine.model import Algorithm
from tests.flags.flagd.documents import resolve, table_of

V1, V2, V3 = Algorithm.FLAGD_V1, Algorithm.FLAGD_V2, Algorithm.FLAGD_V3
SUITS = ["clubs", "diamonds", "hearts", "spades"]


def flag(shares, default, *, by=None, variants=None):
    names = variants or [share[0] for share in shares] + [default]
    drawn = shares if by is None else [by, *shares]
    return {
        "state": "ENABLED",
        "variants": {name: name for name in names},
        "defaultVariant": default,
        "targeting": {"fractional": drawn},
    }


QUARTERS = [[suit, 25] for suit in SUITS]
BY_NAME = {"cat": [{"var": "$flagd.flagKey"}, {"var": "user.name"}]}
BY_SEED = {"cat": ["shared-seed", {"var": "user.name"}]}
BY_KEY = {"var": "targetingKey"}
TIERED = {"if": [{"==": [{"var": "tier"}, "premium"]}, "premium", "standard"]}
BOOSTED = {"if": [{"==": [{"var": "tier"}, "premium"]}, 100, 0]}
# The draw hashes some of these keys: they are part of the published facts.
DOCUMENT = {
    "flags": {
        "fractional-flag": flag(QUARTERS, "wild", by=BY_NAME),
        "fractional-flag-shorthand": flag([["heads"], ["tails", 1]], "draw"),
        "one-seed": flag(QUARTERS, "wild", by=BY_SEED),
        "same-seed": flag(QUARTERS, "wild", by=BY_SEED),
        "halves": flag([["lower", 50], ["upper", 50]], "lower", by=BY_KEY),
        "only": flag([["single", 1]], "fallback"),
        "computed-name": flag(
            [[TIERED, 50], ["standard", 50]], "fallback", by=BY_KEY, variants=["premium", "standard", "fallback"]
        ),
        "read-name": flag(
            [[{"var": "color"}, 50], ["blue", 50]], "fallback", by=BY_KEY, variants=["red", "green", "blue", "fallback"]
        ),
        "computed-weight": flag([["red", BOOSTED], ["blue", 10]], "fallback", by=BY_KEY, variants=["red", "blue"]),
        "no-value": flag([["one", 50], ["two", 50]], "fallback", by={"var": "missing_key"}),
        "no-weight": flag([["one", 0], ["two", 0]], "fallback", by=BY_KEY),
        "below-zero": flag([["one", -50], ["two", 100]], "fallback", by=BY_KEY),
        "any-value": flag([[f"bucket{n}", 4] for n in range(1, 26)], "fallback", by={"var": "hashing_input"}),
    }
}
for name, odds in (("yes", [0, 100]), ("no", [100, 0])):
    DOCUMENT["flags"][f"condition-{name}"] = {
        "state": "ENABLED",
        "variants": {"big": "hundreds", "small": "ones", "fallback": "zero"},
        "defaultVariant": "fallback",
        "targeting": {"if": [{"fractional": [[False, odds[0]], [True, odds[1]]]}, "big", "small"]},
    }
TABLES = {algorithm: table_of(DOCUMENT, algorithm) for algorithm in (V1, V2, V3)}


def drawn(algorithm, key, target=None, **attributes):
    return resolve(TABLES[algorithm], "string", key, "wrong", target, **attributes).value


@pytest.mark.parametrize(
    ("algorithm", "facts"),
    [
        (V1, {"jack": "spades", "queen": "clubs", "ten": "diamonds", "nine": "hearts", "3": "diamonds"}),
        (V2, {"jack": "hearts", "queen": "spades", "ten": "clubs", "nine": "diamonds", "3": "clubs"}),
        (V3, {"jack": "diamonds", "queen": "diamonds", "ten": "clubs", "nine": "clubs", "3": "spades"}),
    ],
)
def test_each_version_draws_by_a_computed_text(algorithm, facts):
    assert {name: drawn(algorithm, "fractional-flag", user={"name": name}) for name in facts} == facts


@pytest.mark.parametrize(
    ("algorithm", "facts"),
    [
        (V1, {"jon@company.com": "heads", "jane@company.com": "tails"}),
        (V2, {"jon@company.com": "heads", "jane@company.com": "tails"}),
        (
            V3,
            {
                "jon@company.com": "tails",
                "jane@company.com": "tails",
                "user-1": "heads",
                "user-2": "tails",
                "user-3": "heads",
            },
        ),
    ],
)
def test_each_version_draws_by_the_target_when_the_rule_names_nothing(algorithm, facts):
    assert {target: drawn(algorithm, "fractional-flag-shorthand", target) for target in facts} == facts


@pytest.mark.parametrize("key", ["one-seed", "same-seed"])
@pytest.mark.parametrize(
    ("algorithm", "facts"),
    [
        (V1, {"jack": "hearts", "queen": "spades", "ten": "hearts", "nine": "diamonds"}),
        (V2, {"seven": "hearts", "eight": "diamonds", "nine": "clubs", "two": "spades"}),
        (V3, {"seven": "hearts", "eight": "hearts", "nine": "diamonds", "two": "diamonds"}),
    ],
)
def test_flags_that_share_a_seed_put_a_person_on_the_same_side(algorithm, facts, key):
    assert {name: drawn(algorithm, key, user={"name": name}) for name in facts} == facts


def test_one_share_is_everybodys():
    assert drawn(V2, "only", "some-targeting-key") == "single"


def test_the_smallest_the_middle_and_the_largest_hash_fall_where_they_should():
    facts = {"ejOoVL": "lower", "bY9fO-": "lower", "SI7p-": "lower", "6LvT0": "upper", "ceQdGm": "upper"}
    assert {target: drawn(V2, "halves", target) for target in facts} == facts


@pytest.mark.parametrize(
    ("target", "tier", "wanted"),
    [
        ("jon@company.com", "premium", "premium"),
        ("jon@company.com", "basic", "standard"),
        ("user1", "premium", "standard"),
        ("user1", "basic", "standard"),
    ],
)
def test_a_variant_may_be_computed(target, tier, wanted):
    assert drawn(V2, "computed-name", target, tier=tier) == wanted


@pytest.mark.parametrize(("target", "color", "wanted"), [("jon@company.com", "red", "red"), ("user1", "red", "blue")])
def test_a_variant_may_be_read_from_the_context(target, color, wanted):
    assert drawn(V2, "read-name", target, color=color) == wanted
    assert drawn(V2, "read-name", "jon@company.com", color="green") == "green"


@pytest.mark.parametrize("color", ["yellow", ""])
def test_a_variant_that_does_not_exist_leaves_the_callers_value_or_the_default(color):
    found = resolve(TABLES[V2], "string", "read-name", "fallback", "jon@company.com", color=color)
    assert found.value == "fallback"


@pytest.mark.parametrize(
    ("target", "tier", "wanted"),
    [
        ("jon@company.com", "premium", "red"),
        ("jon@company.com", "basic", "blue"),
        ("user1", "premium", "red"),
        ("user1", "basic", "blue"),
    ],
)
def test_a_weight_may_be_computed(target, tier, wanted):
    assert drawn(V2, "computed-weight", target, tier=tier) == wanted


def test_a_draw_may_be_a_condition():
    assert drawn(V2, "condition-yes", "some-targeting-key") == "hundreds"
    assert drawn(V2, "condition-no", "some-targeting-key") == "ones"


@pytest.mark.parametrize(("key", "target"), [("no-value", None), ("no-weight", "any-user")])
@pytest.mark.parametrize("algorithm", [V1, V2, V3])
def test_nothing_to_draw_by_and_no_weights_mean_the_default(algorithm, key, target):
    found = resolve(TABLES[algorithm], "string", key, "wrong", target)
    assert (found.value, found.reason) == ("fallback", "DEFAULT")


@pytest.mark.parametrize("algorithm", [V2, V3])
def test_a_weight_below_zero_is_zero(algorithm):
    assert drawn(algorithm, "below-zero", "any-user") == "two"


@pytest.mark.parametrize("attributes", [{"irrelevant": "none"}, {"targetingKey": 12345}, {"targetingKey": True}])
def test_a_target_that_is_no_text_is_not_drawn_by(attributes):
    found = resolve(TABLES[V3], "string", "fractional-flag-shorthand", "wrong", None, **attributes)
    assert (found.value, found.reason) == ("draw", "DEFAULT")


# Value → bucket of 25, as published.
DRAWN_BY_ANYTHING = [
    *[(True, 5), (False, 1), ("user1", 22), ("user2", 16), (123, 20), (456, 12), (1.23, 14), (4.56, 18)],
    *[("123", 22), ("true", 24), ("false", 1), ("null", 8), ("1.23", 4), (0, 8)],
    *[(1.0, 23), (1, 23), (1.0000000000000001, 23), (-2.0, 12), (-2, 12), (9007199254740992.0, 10), (2**53, 10)],
    *[(0.0, 8), (-0.0, 8)],
    *[(2**31 - 1, 10), (2**31, 25), (-(2**31), 8), (-(2**31) - 1, 18), (2**53 - 1, 2), (23, 21), (24, 11)],
    *[(255, 13), (256, 13), (65535, 4), (65536, 11), (2**32 - 1, 14), (2**32, 19), (-24, 4), (-25, 16)],
    *[(1e20, 19), (-1e20, 25), (65504.0, 16), (-65504.0, 9), (0.00006103515625, 22)],
    *[(0.000000059604644775390625, 23), (65505.0, 17), (-65505.0, 17)],
    *[(3.4028234663852886e38, 10), (-3.4028234663852886e38, 3), (1.1754943508222875e-38, 24)],
    *[(3.5e38, 1), (-3.5e38, 6), (1.7976931348623157e308, 17), (-1.7976931348623157e308, 9)],
    *[(2.2250738585072014e-308, 11), (5e-324, 2)],
    *[({"a": 1, "b": 2}, 23), ({"b": 2, "a": 1}, 23), ({"a": 1, "b": 2, "c": 3}, 18), ({"c": 3, "a": 1, "b": 2}, 18)],
    *[({"z": 1, "aa": 2}, 21), ({"aa": 2, "z": 1}, 21), ({"a": {"b": 1}, "b": 2}, 9), ({"b": 2, "a": {"b": 1}}, 9)],
    *[({"a": True, "bbb": 1, "c": "text", "dddd": 2.5}, 25), ({"c": "text", "bbb": 1, "a": True, "dddd": 2.5}, 25)],
    *[({"aaa": 1, "ÿ": 2}, 12), ({"ÿ": 2, "aaa": 1}, 12), ({"": 2, "abc": 1}, 25)],
    *[({"key": -0.0}, 10), ({"key": 0}, 10), ({"key": 0.0}, 10)],
    *[({"b": -0.0, "a": {"b": 1}, "c": 0.0}, 8), ({"c": 0.0, "b": -0.0, "a": {"b": 1}}, 8)],
    ({"café": "façade", "b": {"résumé": {"ÿ": True}}}, 22),
    *[({}, 3), ({"a": {}}, 20), ({"b": 2, "a": {}}, 20), ({"a": {}, "b": {}}, 21), ({"a": {}, "b": []}, 7)],
    *[({"c": 0.0, "a": []}, 18), ({"c": 0.0, "b": -0.0, "a": {"b": []}}, 9), ({"a": []}, 12)],
    *[({"a": [1, [], 3], "b": None}, 3), ({"a": ["a", "b", {}], "b": [1, None, 2]}, 23)],
    *[({"a": [1, "two", True, [], None]}, 23), ({"a": [False, 2.5, ""], "b": [], "c": None}, 15)],
    *[({"x": [{"a": 1}, {"b": 2}, {"b": None}]}, 3), ({"x": [{"a": {"b": []}}]}, 16)],
    *[({"x": [{"a": {"b": None}}]}, 6), ({"x": [{"a": {"b": {}}}]}, 2), ({"": None}, 25)],
    *[({"": {"": {"": ""}}}, 11), ({"a": [[[[[]]]]]}, 15), ({"a": [[[[None]]]]}, 7)],
    *[({"a": {"b": {"c": {"d": {}}}}}, 21), ({"a": {"b": {"c": {"d": None}}}}, 19)],
    *[
        ("", 4),
        ("a", 6),
        ("12345678901234567890123", 4),
        ("123456789012345678901234", 14),
        ("a" * 255, 18),
        ("a" * 256, 7),
    ],
    *[("あいうえおかき", 17), ("あいうえおかきく", 16), ("é" * 11, 16), ("é" * 12, 19)],
    # The escapes are six characters each here, as the published table is read.
    *[("café façade résumé café", 9), (r"A\u0000B", 15), (r"e\u0301", 7), (r"\uD83D\uDE00", 23)],
]


@pytest.mark.parametrize(("value", "bucket"), DRAWN_BY_ANYTHING)
def test_the_third_version_draws_by_any_value(value, bucket):
    assert drawn(V3, "any-value", hashing_input=value) == f"bucket{bucket}"


@pytest.mark.parametrize("algorithm", [V1, V2])
@pytest.mark.parametrize("value", [5, 1.5, True, {"a": 1}])
def test_the_first_two_versions_draw_by_texts_only(algorithm, value):
    assert drawn(algorithm, "any-value", "ada", hashing_input=value) == "fallback"


def test_half_a_surrogate_pair_is_drawn_by_without_ending_the_process():
    assert drawn(V2, "any-value", hashing_input="\ud800").startswith("bucket")
    assert drawn(V3, "any-value", hashing_input="\ud800") == "fallback"


def test_a_computed_list_is_the_first_share_and_the_target_is_drawn_by():
    table = table_of({"flags": {"f": flag([["two", 0]], "two", by={"var": "share"}, variants=["one", "two"])}})
    assert resolve(table, "string", "f", "wrong", "ada", share=["one", 100]).value == "one"
    assert resolve(table, "string", "f", "wrong", "ada", share=["one", "all"]).value == "two"
