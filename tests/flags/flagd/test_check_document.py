"""A document is checked before it is read: what flagd's schema allows passes, and a mistake is named with its place.

Restates the positive and negative cases of flagd-schemas 0.2.15 (json/test: flags, flagd, targeting) in our own
documents.
"""

import pytest

from app.flags.flagd.schema import check_document
from app.flags.flagd.targeting_schema import check_targeting

SWITCH = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "on"}
QUARTERS = [["clubs", 25], ["diamonds", 25], ["hearts", 25], ["spades", 25]]
TYPED = {
    "switch": SWITCH,
    "text": {"state": "ENABLED", "variants": {"a": "x", "b": "y"}, "defaultVariant": "a"},
    "fraction": {"state": "ENABLED", "variants": {"one": 1.23, "two": 2.34}, "defaultVariant": "one"},
    "count": {"state": "ENABLED", "variants": {"one": 1, "two": 2}, "defaultVariant": "one"},
    "object": {"state": "DISABLED", "variants": {"one": {"k": "v"}, "two": {"k": True}}, "defaultVariant": "one"},
    "yellow": {**SWITCH, "targeting": {"if": [{"==": [{"var": ["color"]}, "yellow"]}, "on", "off"]}},
    "shared": {
        "state": "ENABLED",
        "variants": {"red": "#f00", "blue": "#00f"},
        "defaultVariant": "red",
        "targeting": {"if": [{"$ref": "ours"}, {"fractional": [{"var": "email"}, ["red", 25], ["blue", 75]]}, None]},
    },
    "described": {**SWITCH, "metadata": {"truth": True, "text": "x", "float": 1.23, "whole": 1}},
    "empty": {**SWITCH, "targeting": {}},
    "nullish": {**SWITCH, "defaultVariant": None},
    "without": {"state": "ENABLED", "variants": {"on": True, "off": False}},
    "suffix": {**SWITCH, "targeting": {"if": [{"ends_with": [{"var": "email"}, "@company.com"]}, "on"]}},
}
EVALUATORS = {"ours": {"in": ["@ours.example", {"var": ["email"]}]}}


def test_every_kind_of_flag_is_allowed():
    metadata = {"flagSetId": "sso/dev", "version": "1.0.0", "truth": True, "text": "x", "float": 1.23, "whole": 1}
    assert check_document({"flags": TYPED, "$evaluators": EVALUATORS, "metadata": metadata}) == []
    assert check_document({"flags": {}}) == []


def test_flags_may_be_a_list_where_the_daemon_reads_them():
    document = {"flags": [{"key": key, **flag} for key, flag in TYPED.items()], "$evaluators": EVALUATORS}
    assert check_document(document) == []
    assert [fault.path for fault in check_document(document, lists=False)] == ["/flags"]


@pytest.mark.parametrize(
    ("flag", "path"),
    [
        ({**SWITCH, "variants": {}}, "/flags/f/variants"),
        ({}, "/flags/f/state"),
        ({"state": "ENABLED", "defaultVariant": "on"}, "/flags/f/variants"),
        ({**SWITCH, "variants": {"on": True, "off": "false"}}, "/flags/f/variants"),
        ({**SWITCH, "variants": {"on": [1], "off": [2]}}, "/flags/f/variants"),
        ({**SWITCH, "variants": {"on": True, "": False}}, "/flags/f/variants"),
        ({**SWITCH, "variants": {"on": None}}, "/flags/f/variants"),
        ({**SWITCH, "variants": {"on": 1, "off": False}}, "/flags/f/variants"),
        ({**SWITCH, "state": "WILL-FAIL"}, "/flags/f/state"),
        ({**SWITCH, "defaultVariant": True}, "/flags/f/defaultVariant"),
        ({**SWITCH, "defaultVariant": "maybe"}, "/flags/f/defaultVariant"),
        ({**SWITCH, "metadata": {"invalid": {"key": "value"}}}, "/flags/f/metadata/invalid"),
        ({**SWITCH, "metadata": []}, "/flags/f/metadata"),
        ({**SWITCH, "targeting": {"not-a-real-rule": [1, 2]}}, "/flags/f/targeting/not-a-real-rule"),
        ({**SWITCH, "targeting": []}, "/flags/f/targeting"),
        ("on", "/flags/f"),
    ],
)
def test_a_mistake_in_a_flag_is_named_with_its_place(flag, path):
    assert path in [fault.path for fault in check_document({"flags": {"f": flag}})]


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ([], ""),
        ({}, "/flags"),
        ({"flags": None}, "/flags"),
        ({"flags": {"f": SWITCH}, "metadata": {"invalid": {"key": "value"}}}, "/metadata/invalid"),
        ({"flags": {"f": SWITCH}, "metadata": {"version": 1}}, "/metadata/version"),
        ({"flags": {"f": SWITCH}, "$evaluators": {"x": {"nope": 1}}}, "/$evaluators/x/nope"),
        ({"flags": {"f": SWITCH}, "$evaluators": []}, "/$evaluators"),
        ({"flags": {"a flag?": SWITCH}}, "/flags/a flag?"),
        ({"flags": {"a/b": SWITCH}}, "/flags/a~1b"),
        ({"flags": [SWITCH]}, "/flags/0"),
        ({"flags": [{"key": "f", **SWITCH}, {"key": "f", **SWITCH}]}, "/flags/1"),
        ({"flags": {str(n): SWITCH for n in range(10_001)}}, "/flags"),
    ],
)
def test_a_mistake_in_the_document_is_named_with_its_place(document, path):
    assert path in [fault.path for fault in check_document(document)]


DEEP: dict = {}
for _ in range(2_000):
    DEEP = {"a": DEEP}


@pytest.mark.parametrize(
    ("odd", "says"),
    [
        ({**SWITCH, "variants": {"a": DEEP, "b": {}}}, "nested"),
        ({**SWITCH, "targeting": {"var": DEEP}}, "nested"),
        ({**SWITCH, "variants": {"a": float("nan"), "b": 1}}, "no number"),
        ({**SWITCH, "variants": {"a": "\x00", "b": "x"}}, "U+0000"),
        ({**SWITCH, "metadata": {"\ud800": "x"}}, "half of a character"),
    ],
)
def test_what_the_database_cannot_keep_is_refused(odd, says):
    faults = check_document({"flags": {"f": odd}})
    assert [fault.path.startswith("/flags/f/") for fault in faults] == [True]
    assert says in faults[0].says


def test_a_mistake_in_every_flag_is_told_twenty_times():
    flags = {str(number): {**SWITCH, "variants": {"a": "\x00"}} for number in range(100)}
    assert len(check_document({"flags": flags})) == 20


PLUS = {"+": [{"var": "current"}, {"var": "accumulator"}]}
STAMP = {"var": "$flagd.timestamp"}


@pytest.mark.parametrize(
    "rule",
    [
        {"if": [False, "false", False, "false", True, "true"]},
        {"if": [True]},
        {"if": [{"$ref": "some-ref"}]},
        *({name: [1, 2]} for name in ("==", "===", "!=", "!==", ">", ">=", "<", "<=", "/", "%", "in")),
        *({name: [1, 2, 3]} for name in ("<", "<=", "max", "min", "+", "*", "or", "and", "merge", "cat")),
        *({name: given} for name in ("!", "!!") for given in (True, [True], ["0"])),
        {"-": [2]},
        {"+": ["3.14"]},
        {"missing": ["a", "b"]},
        {"missing_some": [1, ["a", "b"]]},
        {"map": [{"var": "integers"}, {"*": [{"var": ""}, 2]}]},
        {"filter": [{"var": "integers"}, {"%": [{"var": ""}, 2]}]},
        {"reduce": [{"var": "integers"}, PLUS, 0]},
        {"all": [[1, 2, 3], {">": [{"var": ""}, 0]}]},
        {"some": [{"var": "pies"}, {"==": [{"var": "filling"}, "apple"]}]},
        {"none": [[-3, -2, -1], {">": [{"var": ""}, 0]}]},
        {"merge": [1, 2, [3, 4]]},
        {"in": ["Ringo", ["John", "Paul", "George", "Ringo"]]},
        {"substr": ["jsonlogic", 4]},
        {"substr": ["jsonlogic", 1, 3]},
        {"fractional": [{"cat": [{"var": "$flagd.flagKey"}, {"var": "user.name"}]}, *QUARTERS]},
        {"fractional": [["heads"], ["tails", 1]]},
        {"fractional": QUARTERS},
        {"fractional": [["single-entry", 1]]},
        {"fractional": [["clubs", 1], [True, 1], [1, 1], [{"fractional": QUARTERS}, 1]]},
        {"fractional": [["on", {"-": [STAMP, 1740000000]}], ["off", {"-": [1800000000, STAMP]}]]},
        {"fractional": [{"cat": [{"var": "email"}]}, ["on", {"-": [STAMP, 1740000000]}], ["off", 100]]},
        {"if": [{"starts_with": [{"var": "id"}, "abc"]}, "prefix", {"if": [{"ends_with": [{"var": "id"}, "x"]}, "p"]}]},
        *(
            {"sem_ver": [{"var": "version"}, operator, "3.0.0"]}
            for operator in ("=", "!=", ">", "<", ">=", "<=", "~", "^")
        ),
        {"if": [{">": [STAMP, {"var": "time"}]}, "past", "none"]},
        {},
    ],
)
def test_a_rule_that_flagd_allows_is_allowed(rule):
    assert check_targeting(rule, "") == []


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        ({"fractional": [["clubs", 25], ["diamonds", 25.5]]}, "/fractional/1/1"),
        ({"fractional": ["invalid", *QUARTERS]}, "/fractional/0"),
        ({"fractional": [["clubs", 25], ["diamonds", "25"]]}, "/fractional/1/1"),
        ({"fractional": [["clubs", 25], ["diamonds", -25]]}, "/fractional/1/1"),
        ({"fractional": [["clubs", 25, 3]]}, "/fractional/0"),
        ({"fractional": []}, "/fractional"),
        ({"if": [{"ends_with": [{"var": "id"}, 0]}, "postfix", "prefix"]}, "/if/0/ends_with"),
        ({"if": [{"starts_with": [{"var": "id"}, 0]}, "prefix", "postfix"]}, "/if/0/starts_with"),
        ({"if": [{"==": [{"var": "$flagd.invalidProp"}, 1]}, "yes", "no"]}, "/if/0/==/0/var"),
        ({"if": [{"sem_ver": [{"var": "version"}, "*", "2.0.0"]}, "equal", "not"]}, "/if/0/sem_ver/1"),
        ({"if": [{"sem_ver": [{"var": "version"}, "=", "2.0.0.0"]}, "equal", "not"]}, "/if/0/sem_ver/2"),
        ({"sem_ver": [{"var": "version"}, "="]}, "/sem_ver"),
        ({"if": [], "==": [1, 1]}, ""),
        ({"==": [1]}, "/=="),
        ({"and": True}, "/and"),
        ({"reduce": [1, 2]}, "/reduce"),
        ({"var": [1]}, "/var"),
        ({"missing": "a"}, "/missing"),
        ({"missing_some": [["a"], 1]}, "/missing_some"),
        ({"$ref": 1}, "/$ref"),
    ],
)
def test_a_mistake_in_a_rule_is_named_with_its_place(rule, path):
    assert path in [fault.path for fault in check_targeting(rule, "")]


def test_a_rule_nested_without_end_is_refused():
    rule = True
    for _ in range(300):
        rule = {"!": [rule]}
    assert "nested" in check_targeting(rule, "")[0].says
