"""An imported flag answers as flagd does: by target, by shared rule, with zero values, without a default, disabled.

Restates the remaining rows of flagd-testbed 3.9.0 (evaluator suite: evaluation, errors, references, metadata,
no default, targeting, zero values, disabled; targeting suite: time, errors and edges) in our own flags.
"""

import pytest

from tests.flags.flagd.documents import resolve, table_of

PAGE = {"showImages": True, "title": "Check out these pics!", "imagesPerPage": 100}
KINDS = {
    # kind: (default variant's value, the other one, what the caller falls back to)
    "boolean": (True, False, False),
    "string": ("hi", "bye", "bye"),
    "integer": (10, 1, 1),
    "float": (0.5, 0.1, 0.1),
    "object": (PAGE, {}, {}),
}
ZEROS = {"boolean": False, "string": "", "integer": 0, "float": 0.0, "object": {}}
NON_ZEROS = {"boolean": True, "string": "str", "integer": 1, "float": 1.0, "object": PAGE}
IS_BOSS = {"==": ["boss@example.com", {"var": ["email"]}]}
HIT = "5c3d8535-f81a-4478-a6d3-afaa4d51199e"


def flag(variants, default=None, targeting=None, state="ENABLED", metadata=None):
    body = {"state": state, "variants": variants, "defaultVariant": default}
    body |= {"targeting": targeting} if targeting is not None else {}
    return body | ({"metadata": metadata} if metadata else {})


def fork(yes="yes", no="no"):
    return flag({yes: yes, no: no, "none": "none"}, "none", {"if": [{"$ref": "is_boss"}, yes, no]})


NUMBERS = {"one": 1, "two": 2}
TITLES = {"normal": "CFO", "special": "CEO"}
IS_CHIEF = {"==": ["chief@example.com", {"var": ["email"]}]}
METADATA = {"string": "1.0.2", "integer": 2, "boolean": True, "float": 0.1}
AHEAD = {"<": [{"var": "$flagd.timestamp"}, {"var": "time"}]}
BEHIND = {">": [{"var": "$flagd.timestamp"}, {"var": "time"}]}
FLAGS = {
    **{f"{kind}-flag": flag({"a": a, "b": b}, "a") for kind, (a, b, _) in KINDS.items()},
    **{f"{kind}-off": flag({"a": a, "b": b}, "a", state="DISABLED") for kind, (a, b, _) in KINDS.items()},
    **{f"{kind}-zero": flag({"zero": ZEROS[kind], "other": NON_ZEROS[kind]}, "zero") for kind in KINDS},
    **{
        f"{kind}-targeted": flag(
            {"zero": ZEROS[kind], "other": NON_ZEROS[kind]}, "zero", {"if": [{"$ref": "is_boss"}, "zero"]}
        )
        for kind in KINDS
    },
    "greeting": fork("hi", "bye"),
    "consent": fork(),
    "dangling": flag({"hit": "hit", "miss": "miss"}, "miss", {"if": [{"$ref": "nobody"}, "hit", "miss"]}),
    "by-target": flag(
        {"hit": "hit", "miss": "miss"}, "miss", {"if": [{"==": [{"var": "targetingKey"}, HIT]}, "hit", None]}
    ),
    "null-default": flag({"on": True, "off": False}),
    "no-default": {"state": "ENABLED", "variants": {"small": 10, "big": 1000}},
    "title-null": flag(TITLES, None, {"if": [IS_CHIEF, "special", None]}),
    "title-open": flag(TITLES, None, {"if": [IS_CHIEF, "special"]}),
    "described": flag({"on": True, "off": False}, "on", metadata=METADATA),
    "when": flag({"past": -1, "future": 1, "now": 0}, "now", {"if": [BEHIND, "past", AHEAD, "future", "now"]}),
    "null-variant": flag(NUMBERS, "two", {"if": [True, None, "one"]}),
    "bad-operation": flag(NUMBERS, "two", {"invalid": ["this is not valid targeting"]}),
    "missing-variant": flag(NUMBERS, "two", {"if": [True, "three", "one"]}),
    "truth": flag({"false": 1, "true": 2}, "false", {"if": [True, True, False]}),
    "empty-targeting": flag({"false": 1, "true": 2}, "false", {}),
    "drawn-by-null": flag(NUMBERS, "two", {"fractional": [None, ["one"]]}),
}
TABLE = table_of({"flags": FLAGS, "$evaluators": {"is_boss": IS_BOSS}})


@pytest.mark.parametrize("kind", KINDS)
def test_a_flag_without_targeting_gives_its_default_to_everybody(kind):
    found = resolve(TABLE, kind, f"{kind}-flag", KINDS[kind][2])
    assert (found.value, found.variant, found.reason) == (KINDS[kind][0], "a", "STATIC")


@pytest.mark.parametrize("kind", KINDS)
def test_a_disabled_flag_leaves_the_callers_value(kind):
    found = resolve(TABLE, kind, f"{kind}-off", KINDS[kind][2])
    assert (found.value, found.variant, found.reason) == (KINDS[kind][2], None, "DISABLED")


@pytest.mark.parametrize("kind", KINDS)
def test_zero_is_a_value_like_any_other(kind):
    static = resolve(TABLE, kind, f"{kind}-zero", NON_ZEROS[kind])
    assert (static.value, static.reason) == (ZEROS[kind], "STATIC")
    matched = resolve(TABLE, kind, f"{kind}-targeted", NON_ZEROS[kind], email="boss@example.com")
    assert (matched.value, matched.reason) == (ZEROS[kind], "TARGETING_MATCH")
    unmatched = resolve(TABLE, kind, f"{kind}-targeted", NON_ZEROS[kind], email="boss@elsewhere.example")
    assert (unmatched.value, unmatched.reason) == (ZEROS[kind], "DEFAULT")


def test_a_shared_rule_serves_many_flags():
    for email, wanted in (("boss@example.com", ("hi", "yes")), ("user@example.com", ("bye", "no"))):
        for key, value in zip(("greeting", "consent"), wanted, strict=True):
            found = resolve(TABLE, "string", key, "fallback", email=email)
            assert (found.value, found.reason) == (value, "TARGETING_MATCH")


@pytest.mark.parametrize(("target", "value", "reason"), [(HIT, "hit", "TARGETING_MATCH"), ("other", "miss", "DEFAULT")])
def test_the_target_itself_can_be_asked_for(target, value, reason):
    found = resolve(TABLE, "string", "by-target", "fallback", target)
    assert (found.value, found.reason) == (value, reason)


@pytest.mark.parametrize(
    ("kind", "key", "email", "default", "value", "reason"),
    [
        ("boolean", "null-default", "", True, True, "DEFAULT"),
        ("boolean", "null-default", "", False, False, "DEFAULT"),
        ("integer", "no-default", "", 100, 100, "DEFAULT"),
        ("string", "title-null", "friend@example.com", "Inventor", "Inventor", "DEFAULT"),
        ("string", "title-null", "friend@example.com", "Founder", "Founder", "DEFAULT"),
        ("string", "title-null", "chief@example.com", "CEO", "CEO", "TARGETING_MATCH"),
        ("string", "title-open", "friend@example.com", "Retired", "Retired", "DEFAULT"),
    ],
)
def test_without_a_default_variant_the_callers_value_stands(kind, key, email, default, value, reason):
    found = resolve(TABLE, kind, key, default, email=email)
    assert (found.value, found.reason) == (value, reason)


def test_a_flag_that_is_not_there_and_a_value_of_another_type_are_errors():
    assert resolve(TABLE, "string", "missing-flag", "uh-oh").error_code == "FLAG_NOT_FOUND"
    wrong = resolve(TABLE, "integer", "string-flag", 13)
    assert (wrong.value, wrong.error_code, wrong.reason) == (13, "TYPE_MISMATCH", "ERROR")


def test_metadata_comes_with_the_answer_and_only_where_there_is_some():
    assert resolve(TABLE, "boolean", "described", False).flag_metadata == METADATA
    for kind in KINDS:
        assert resolve(TABLE, kind, f"{kind}-flag", KINDS[kind][2]).flag_metadata == {}


@pytest.mark.parametrize(("time", "value"), [(1, -1), (4133980802, 1)])
def test_targeting_knows_the_time(time, value):
    assert resolve(TABLE, "integer", "when", 0, time=time).value == value


@pytest.mark.parametrize(
    ("key", "value", "error"),
    [
        ("null-variant", 2, None),
        ("bad-operation", 3, "PARSE_ERROR"),
        ("missing-variant", 3, "GENERAL"),
        ("truth", 2, None),
        ("empty-targeting", 1, None),
        ("drawn-by-null", 2, None),
    ],
)
def test_targeting_at_its_edges(key, value, error):
    found = resolve(TABLE, "integer", key, 3)
    assert (found.value, found.error_code) == (value, error)


def test_a_shared_rule_that_is_not_there_is_a_parse_error():
    found = resolve(TABLE, "string", "dangling", "fallback")
    assert (found.value, found.error_code) == ("fallback", "PARSE_ERROR")
