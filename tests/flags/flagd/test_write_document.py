"""An exported document is answered by stock flagd with the values that the product gives.

The peer is openfeature-provider-flagd in FILE mode: it reads the document from a file and draws as the flagd
daemon does. The contexts hold what confuses evaluators: numbers as texts, true for 1, texts that are nearly versions.
"""

import random
from dataclasses import replace
from itertools import cycle, islice

import pytest
from openfeature.evaluation_context import EvaluationContext

from app.flags.engine.model import (
    Algorithm,
    Condition,
    Flag,
    FlagSettings,
    FlagType,
    Prerequisite,
    Rule,
    Scope,
    Segment,
    Serve,
)
from app.flags.flagd.reading import read_document
from app.flags.flagd.schema import check_document
from app.flags.flagd.writing import write_document
from tests.flags.flagd.documents import make_flag, resolve, table_with

CONTEXTS = 10_000
FLAGS_A_CONTEXT = 4
COLOURS = {"off": "grey", "on": "blue", "green": "green", "red": "red"}
SEGMENTS = (
    Segment("labs", (Condition("plan", "one_of", ("pro", "max")),), frozenset({"u1", "u2"}), frozenset({"u3", "u4"})),
    Segment("named", (), frozenset({f"u{n}" for n in range(50, 90)})),
    Segment("nobody"),
    Segment("but-few", (Condition("age", "at_least", (18,)),), frozenset(), frozenset({"u9", "acme"})),
)
SPLIT = (("green", 1), ("red", 2), ("off", 0), ("on", 5))


def when(attribute, operator, *values, negate=False):
    return Condition(attribute, operator, values, negate)


CONDITIONS = [
    when("plan", "equals", "pro"),
    when("age", "equals", 1),
    when("age", "equals", 0, negate=True),
    when("beta", "equals", True),
    when("beta", "equals", False, negate=True),
    when("anything", "one_of", "pro", 1, 2.5, True),
    when("anything", "one_of", 30, "x", False, negate=True),
    when("plan", "contains", "r", "ma"),
    when("tags", "contains", "vip"),
    when("anything", "contains", "1"),
    when("plan", "starts_with", "p", "m"),
    when("anything", "ends_with", "o", "0", negate=True),
    *(when("age", operator, 18) for operator in ("less_than", "at_most", "greater_than", "at_least")),
    *(when("anything", operator, 1.5, negate=True) for operator in ("less_than", "at_least")),
    when("release", "semver_equals", "v1.2.3"),
    when("release", "semver_at_least", "1.2.0-rc.1"),
    when("release", "semver_below", "2.0.0"),
    when("anything", "semver_at_least", "0.0.1"),
    when("anything", "exists"),
    when("plan", "exists", negate=True),
    when("plan", "unknown_operator", "x"),
    when("age", "less_than", "text", negate=True),
]


def flag(key, *, scope=Scope.USER, off="off", enabled=True, **settings):
    return Flag(
        key,
        FlagType.STRING,
        COLOURS,
        off_variant=off,
        scope=scope,
        salt=f"salt-{key}",
        settings=FlagSettings(enabled=enabled, **settings),
    )


def rule(*conditions, segments=(), identity="r", **serve):
    return Rule(identity, Serve(**({"variant": "green"} | serve)), conditions, segments)


LISTS = {"allow": frozenset({"u5", "u6", "acme"}), "block": frozenset({"u6", "u7"})}
FLAGS = [
    flag("nothing"),
    flag("everybody", percentage=100_000),
    flag("everybody-split-of-one", percentage=100_000, split=(("red", 3), ("green", 0))),
    flag("listed", **LISTS),
    flag("listed-everybody", percentage=100_000, **LISTS),
    *(flag(f"share-{share}", percentage=share, scope=Scope.GLOBAL) for share in (1, 1_000, 33_333, 99_999)),
    *(flag(f"share-of-{scope}", percentage=40_000, scope=scope, **LISTS) for scope in Scope),
    flag("split", percentage=100_000, split=SPLIT),
    flag("split-inside", percentage=60_000, split=SPLIT, scope=Scope.COMPANY),
    flag("own-default", off=None, percentage=30_000, **LISTS),
    flag("off", enabled=False, percentage=100_000),
    *(flag(f"condition-{at}", rules=(rule(one),)) for at, one in enumerate(CONDITIONS)),
    flag("both", rules=(rule(CONDITIONS[0], CONDITIONS[12]),), percentage=50_000),
    flag(
        "in-order",
        rules=(
            rule(when("plan", "equals", "pro"), identity="a", variant="red"),
            rule(when("age", "at_least", 10), identity="b", variant=None, split=SPLIT),
            rule(when("age", "at_least", 1), identity="c", percentage=50_000),
            rule(when("beta", "equals", True), identity="d", variant=None, split=SPLIT, percentage=20_000),
            rule(identity="e", percentage=0),
            rule(identity="f", variant=None),
        ),
        percentage=25_000,
        **LISTS,
    ),
    *(flag(f"segment-of-{scope}", rules=(rule(segments=("labs", "named")),), scope=scope) for scope in Scope),
    flag("segment-and", rules=(rule(when("beta", "exists"), segments=("but-few",)),)),
    flag("segment-nobody", rules=(rule(segments=("nobody", "unknown")),), percentage=100_000),
    flag("segment-unknown", rules=(rule(segments=("unknown",)),)),
]
VERSIONS = [
    "1.2.3",
    "v1.2.3",
    "V1.2.3",
    "1.2",
    "v1.2",
    "1",
    "1.2.0-rc.1",
    "1.2-rc",
    "1.2.3+b",
    "2.0.0",
    "2.0.0-a",
    "10.20.3",
    "x",
    "",
]


def draw_context(chance):
    found = {
        "plan": chance.choice(["pro", "max", "free", "", "PRO"]),
        "age": chance.choice([0, 1, 17, 18, 19, 1.0, 17.5, True, False, "18", "", "x", -3]),
        "beta": chance.choice([True, False, 1, 0, "true", "True"]),
        "release": chance.choice([*VERSIONS, 1.2, 3]),
        "tags": chance.choice([["vip"], ["vip", "x"], [], "a vip here", ["VIP"], [1]]),
        "anything": chance.choice(
            ["pro", "x10", "1", 1, 2.5, 30, True, False, "2.5", "1.5.0", ["1"], [1], {"a": 1}, "0"]
        ),
        "company": chance.choice(["acme", "other", f"c{chance.randrange(500)}", "", 7]),
        "user": chance.choice([f"u{chance.randrange(12)}", f"u{chance.randrange(10**6)}", "", 5]),
    }
    attributes = {name: value for name, value in found.items() if chance.random() < 0.75}
    return EvaluationContext(chance.choice([None, *(f"u{chance.randrange(10**6)}" for _ in range(5))]), attributes)


def differences(stock, flags, contexts, *, segments=()):
    """Ask both about every context, each time about the next few flags."""
    table = table_with(*flags, segments=segments)
    turn, found = cycle(one.key for one in flags), []
    for context, key in ((context, key) for context in contexts for key in islice(turn, FLAGS_A_CONTEXT)):
        ours = resolve(table, "string", key, "mine", context.targeting_key, **context.attributes)
        if ours.error_code == "TARGETING_KEY_MISSING":  # flagd has no such error: it gives the off variant
            ours = table.peek(key, {**context.attributes})
        theirs = stock.resolve_string_details(key, "mine", context)
        if (ours.value or "mine") != theirs.value:
            found.append((key, context, ours.value, theirs.value))
    return found


def test_stock_flagd_gives_equal_values_on_ten_thousand_contexts(stock):
    written = write_document(FLAGS, {one.key: one for one in SEGMENTS})
    assert written.refused == {}
    assert check_document(written.document) == []
    chance = random.Random(20261122)
    contexts = [draw_context(chance) for _ in range(CONTEXTS)]
    provider = stock(written.document)
    # A DISABLED flag is the caller's own default in flagd, and the off variant here.
    flags = [one for one in FLAGS if one.key != "off"]
    assert differences(provider, flags, contexts, segments=SEGMENTS) == []
    assert provider.resolve_string_details("off", "mine", EvaluationContext("ada")).reason == "DISABLED"


def draw_serve(chance):
    split = tuple((colour, chance.choice([0, 1, 3, 1000])) for colour in chance.sample(sorted(COLOURS), 3))
    variant, split = (None, split) if chance.random() < 0.4 else (chance.choice(sorted(COLOURS)), ())
    return {"variant": variant, "split": split, "percentage": chance.choice([100_000, 100_000, 0, 1, 50_000])}


def draw_flag(chance, key):
    """Any flag that flagd can answer."""
    rules = [
        rule(
            *(replace(one, negate=chance.random() < 0.3) for one in chance.sample(CONDITIONS, chance.randrange(3))),
            segments=tuple(
                chance.sample(["labs", "named", "nobody", "but-few", "unknown"], chance.choice([0, 0, 1, 2]))
            ),
            identity=f"r{number}",
            **draw_serve(chance),
        )
        for number in range(chance.randrange(4))
    ]
    last = draw_serve(chance)
    lists = {name: names for name, names in LISTS.items() if chance.random() < 0.3}
    return flag(
        key,
        scope=chance.choice(list(Scope)),
        off=chance.choice(["off", "green", None]),
        rules=tuple(rules),
        percentage=last["percentage"],
        split=last["split"],
        **lists,
    )


def test_stock_flagd_gives_equal_values_for_any_flag(stock):
    chance = random.Random(5)
    flags = [draw_flag(chance, f"f{number}") for number in range(400)]
    written = write_document(flags, {one.key: one for one in SEGMENTS})
    assert written.refused == {}
    assert check_document(written.document) == []
    contexts = [draw_context(chance) for _ in range(2_000)]
    assert differences(stock(written.document), flags, contexts, segments=SEGMENTS) == []


IMPORTED = {
    "quarters": {"fractional": [{"cat": [{"var": "$flagd.flagKey"}, {"var": "plan"}]}, ["on", 25], ["green", 75]]},
    "shorthand": {"fractional": [["on"], ["green", 2], ["red", 4]]},
    "chained": {
        "if": [
            {"and": [{"in": [{"var": "plan"}, ["pro", "max"]]}, {"<": [{"var": "age"}, 18]}]},
            "green",
            {"sem_ver": [{"var": "release"}, ">=", "1.2.3"]},
            {"fractional": [{"var": "targetingKey"}, ["on", 1], ["red", {"if": [{"var": "beta"}, 10, 0]}]]},
            {"starts_with": [{"var": "company"}, "c"]},
            "red",
        ]
    },
    "looped": {
        "if": [
            {"some": [{"var": "tags"}, {"in": ["vip", [{"var": ""}]]}]},
            "on",
            {
                ">": [
                    {"reduce": [{"map": [{"var": "tags"}, 1]}, {"+": [{"var": "current"}, {"var": "accumulator"}]}, 0]},
                    0,
                ]
            },
            "red",
            {"==": [{"%": [{"var": ["age", 3]}, 2]}, 1]},
            "green",
        ]
    },
    "shared": {"if": [{"$ref": "paid"}, "on", None]},
}


def test_stock_flagd_and_the_product_answer_an_imported_document_alike(stock):
    document = {
        "flags": {
            key: {"state": "ENABLED", "variants": COLOURS, "defaultVariant": "off", "targeting": targeting}
            for key, targeting in IMPORTED.items()
        },
        "$evaluators": {"paid": {"or": [{"==": [{"var": "plan"}, "pro"]}, {"missing": ["beta"]}]}},
    }
    flags = [make_flag(fields) for fields in read_document(document).flags]
    chance = random.Random(8)
    contexts = []
    for _ in range(CONTEXTS):
        context = draw_context(chance)
        # Where evaluators disagree among themselves: the text of a missing value, the number of a text, -3 % 2.
        age = context.attributes.get("age")
        context.attributes |= {
            "plan": context.attributes.get("plan") or "free",
            "age": abs(age) if age.__class__ is int else 3,
        }
        contexts.append(context)
    assert differences(stock(document), flags, contexts) == []


def test_lists_come_before_the_targeting_of_an_imported_flag(stock):
    body = {"state": "ENABLED", "variants": COLOURS, "defaultVariant": "off", "targeting": IMPORTED["chained"]}
    (fields,) = read_document({"flags": {"f": body}}).flags
    made = make_flag(fields)
    listed = replace(made, settings=replace(made.settings, **LISTS))
    written = write_document([listed], {})
    assert check_document(written.document) == []
    chance = random.Random(3)
    contexts = [EvaluationContext(f"u{number}", {"plan": "pro", "age": number % 30}) for number in range(12)]
    contexts += [EvaluationContext("u1", {**draw_context(chance).attributes, "age": 20}) for _ in range(500)]
    assert differences(stock(written.document), [listed], contexts) == []


def test_logic_on_a_flag_made_here_draws_as_the_daemon(stock):
    targeting = {"fractional": [["on", 1], ["red", 2], ["green", 3]]}
    made = flag("f", targeting=targeting)
    contexts = [EvaluationContext(f"u{number}") for number in range(300)]
    assert differences(stock(write_document([made], {}).document), [made], contexts) == []
    assert "draws by flagd-v2" in write_document([made], {}, algorithm=Algorithm.FLAGD_V1).refused["f"]


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (flag("f", prerequisites=(Prerequisite("other", ("on",)),)), "cannot wait for another"),
        (flag("f", rules=(rule(when("at", "before", "2026-11-22T09:00:00Z")),)), "no comparison “before”"),
        (flag("f", rules=(rule(when("ip", "in_network", "10.0.0.0/8")),)), "no comparison “in_network”"),
        (flag("f", rules=(rule(when("a.b", "equals", "x")),)), "a path in flagd"),
        (flag("f", rules=(rule(when("tags", "contains", 1)),)), "“contains” needs texts"),
        (flag("f", percentage=100_000, split=(("on", 2**31), ("green", 1))), "add up to at most"),
        (Flag("f", FlagType.OBJECT, {"on": [1], "off": [2]}), "all objects"),
    ],
)
def test_what_flagd_cannot_say_is_refused_with_the_reason(made, says):
    written = write_document([made, flag("other")], {})
    assert list(written.document["flags"]) == ["other"]
    assert says in written.refused["f"]


def test_a_draw_is_exported_only_for_evaluators_that_draw_alike():
    made = [flag("drawn", percentage=10_000), flag("listed", **LISTS)]
    written = write_document(made, {}, algorithm=Algorithm.FLAGD_V3)
    assert list(written.document["flags"]) == ["listed"]
    assert "the document is for flagd-v3" in written.refused["drawn"]
    body = {"state": "ENABLED", "variants": COLOURS, "targeting": {"fractional": [["on"], ["red"]]}}
    (fields,) = read_document({"flags": {"imported": body}}, Algorithm.FLAGD_V3).flags
    assert "draws by flagd-v3" in write_document([make_flag(fields)], {}).refused["imported"]


def test_the_kill_switch_and_metadata_are_written():
    made = Flag("f", FlagType.BOOLEAN, {"on": True, "off": False}, metadata={"owner": "shop"})
    document = write_document([made], {}, {"version": "3"}).document
    assert document["flags"]["f"] == {
        "state": "DISABLED",
        "variants": {"on": True, "off": False},
        "defaultVariant": "off",
        "metadata": {"owner": "shop"},
    }
    assert document["metadata"] == {"version": "3"}
