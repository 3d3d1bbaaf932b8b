"""JsonLogic gives what jsonlogic.com says, is bounded, and never raises whatever the context holds."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.flags.engine.jsonlogic import MAX_DEPTH, MAX_LOOPS, MAX_OPERATIONS, Compiler, LogicError
from app.flags.engine.model import Algorithm
from app.flags.engine.operations import LONGEST_RESULT

NUMBERS = {"var": "integers"}
EACH = {"var": ""}
DATA = {"integers": [1, 2, 3, 4], "a": 1, "b": "two", "deep": {"er": [{"x": 7}]}, "zero": 0, "null": None, "no": False}


def run(rule, data=None, **evaluators):
    return Compiler("flag", Algorithm.FLAGD_V2, evaluators).compile(rule)(DATA if data is None else data)


@pytest.mark.parametrize(
    ("rule", "answer"),
    [
        ({"var": "a"}, 1),
        ({"var": ["a"]}, 1),
        ({"var": "deep.er.0.x"}, 7),
        ({"var": "b.length"}, 3),
        ({"var": "integers.9"}, None),
        ({"var": ["missing", 26]}, 26),
        ({"var": ["zero", 26]}, 0),
        ({"var": {"cat": ["deep", ".er.0.x"]}}, 7),
        ({"missing": ["a", "null", "other"]}, ["null", "other"]),
        ({"missing_some": [1, ["a", "other"]]}, []),
        ({"missing_some": [2, ["a", "other"]]}, ["other"]),
        ({"if": [False, "x", False, "y", True, "z"]}, "z"),
        ({"if": [True, "yes"]}, "yes"),
        ({"if": [False, "yes"]}, None),
        ({"if": [7]}, 7),
        ({"?:": [True, 1, 2]}, 1),
        ({"==": [1, "1"]}, True),
        ({"==": [None, 0]}, False),
        ({"==": [0, False]}, True),
        ({"===": [1, "1"]}, False),
        ({"===": [1, True]}, False),
        ({"===": [1, 1.0]}, True),
        ({"!=": [1, 2]}, True),
        ({"!==": [1, "1"]}, True),
        ({"!": [[]]}, True),
        ({"!": "0"}, False),
        ({"!!": [{}]}, True),
        ({"!!": ["0"]}, True),
        ({"or": [False, 0, "a"]}, "a"),
        ({"and": [True, "", 3]}, ""),
        ({"and": [True, "a", 3]}, 3),
        ({"<": [1, 2, 3]}, True),
        ({"<": [1, 4, 3]}, False),
        ({"<=": [1, 1, 3]}, True),
        ({">": ["b", "a"]}, True),
        ({">": [10, "9"]}, True),
        ({">": ["x", 1]}, False),
        ({">=": [1, 1]}, True),
        ({"max": [1, 3, 2]}, 3),
        ({"min": [3, 1, 2]}, 1),
        ({"max": []}, None),
        ({"+": [4, 2, "1.5"]}, 7.5),
        ({"+": "3.14"}, 3.14),
        ({"-": [2]}, -2),
        ({"-": [4, 2]}, 2),
        ({"*": [2, 3, 4]}, 24),
        ({"/": [4, 2]}, 2),
        ({"/": [4, 0]}, None),
        ({"%": [101, 2]}, 1),
        ({"%": [-5, 3]}, -2),
        ({"%": [5.5, 2]}, 1.5),
        ({"%": [5, 0]}, None),
        ({"map": [NUMBERS, {"*": [EACH, 2]}]}, [2, 4, 6, 8]),
        ({"filter": [NUMBERS, {"%": [EACH, 2]}]}, [1, 3]),
        ({"reduce": [NUMBERS, {"+": [{"var": "current"}, {"var": "accumulator"}]}, 0]}, 10),
        ({"reduce": [{"var": "missing"}, {"+": [{"var": "current"}, {"var": "accumulator"}]}, 5]}, 5),
        ({"all": [NUMBERS, {">": [EACH, 0]}]}, True),
        ({"all": [[], True]}, False),
        ({"some": [NUMBERS, {">": [EACH, 3]}]}, True),
        ({"none": [NUMBERS, {">": [EACH, 9]}]}, True),
        ({"none": [[], True]}, True),
        ({"merge": [1, [2, 3], [[4]]]}, [1, 2, 3, [4]]),
        ({"in": ["two", ["one", "two"]]}, True),
        ({"in": [2, ["one", 2]]}, True),
        ({"in": [1, [True]]}, False),
        ({"in": ["pring", "Springfield"]}, True),
        ({"in": ["x", 5]}, False),
        ({"cat": ["a", 1, 2.0, 0.5, True, None]}, "a120.5true"),
        ({"cat": [[1, [2, None]]]}, "1,2,"),
        ({"substr": ["jsonlogic", 4]}, "logic"),
        ({"substr": ["jsonlogic", -5]}, "logic"),
        ({"substr": ["jsonlogic", 1, 3]}, "son"),
        ({"substr": ["jsonlogic", 4, -2]}, "log"),
        ([{"var": "a"}, 2], [1, 2]),
        ({}, {}),
        ({"==": [1]}, False),
        ({"substr": []}, "null"),
    ],
)
def test_an_operation_gives_what_its_reference_says(rule, answer):
    assert run(rule) == answer


def test_a_shared_rule_is_run_in_its_place():
    assert run({"if": [{"$ref": "big"}, "x", "y"]}, big={">": [{"var": "a"}, 0]}) == "x"


@pytest.mark.parametrize(
    "rule",
    [
        {"reduce": [NUMBERS, {"cat": [{"var": "accumulator"}] * 200}, "xx"]},
        {"reduce": [NUMBERS, {"merge": [{"var": "accumulator"}] * 200}, [1, 2]]},
    ],
)
def test_a_result_that_grows_without_end_is_dropped(rule):
    answer = run(rule)
    assert answer is None or len(answer) <= LONGEST_RESULT


def test_a_number_that_grows_without_end_becomes_infinite():
    square = {"reduce": [NUMBERS, {"*": [{"var": "accumulator"}] * 20}, 10]}
    assert run(square) in (None, math.inf)


def nested(rule, times):
    for _ in range(times):
        rule = {"!": [rule]}
    return rule


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (nested(True, MAX_DEPTH + 1), "nested more than"),
        ({"or": [{"var": "a"}] * (MAX_OPERATIONS + 1)}, "more than"),
        ({"map": [NUMBERS, {"map": [NUMBERS, {"map": [NUMBERS, 1]}]}]}, f"more than {MAX_LOOPS} deep"),
        ({"eval": ["1"]}, "'eval' is no operation"),
        ({"log": ["x"]}, "no operation"),
        ({"$ref": "nobody"}, "no shared rule 'nobody'"),
        ({"$ref": ["big"]}, "no shared rule"),
    ],
)
def test_a_rule_that_is_too_much_or_unknown_is_refused(rule, says):
    with pytest.raises(LogicError, match=says):
        run(rule, big=True)


def test_shared_rules_that_refer_to_each_other_are_refused():
    with pytest.raises(LogicError, match="nested"):
        run({"$ref": "a"}, a={"!": [{"$ref": "b"}]}, b={"!": [{"$ref": "a"}]})


def test_a_list_of_a_hundred_thousand_names_is_looked_up_at_once():
    logic = Compiler("flag", Algorithm.FLAGD_V2, {}).compile(
        {"in": [{"var": "targetingKey"}, [f"user-{number}" for number in range(100_000)]]}
    )
    assert logic({"targetingKey": "user-99999"})
    assert not logic({"targetingKey": "user-100000"})
    assert not logic({"targetingKey": ["user-1"]})


PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
NAMES = [
    "==",
    "===",
    "!=",
    "!==",
    "!",
    "!!",
    "<",
    "<=",
    ">",
    ">=",
    "+",
    "-",
    "*",
    "/",
    "%",
    "max",
    "min",
    "merge",
    "in",
]
NAMES += ["cat", "substr", "starts_with", "ends_with", "sem_ver", "var", "missing", "missing_some", "if", "and", "or"]
NAMES += ["fractional", "map", "filter", "reduce", "all", "some", "none"]


@given(
    name=st.sampled_from(NAMES),
    given_values=st.lists(VALUES.filter(lambda value: not isinstance(value, dict)) | st.just({"var": "x"}), max_size=4),
    found=VALUES,
)
def test_no_input_makes_an_operation_raise(name, given_values, found):
    for algorithm in (Algorithm.FLAGD_V1, Algorithm.FLAGD_V2, Algorithm.FLAGD_V3):
        try:
            logic = Compiler("flag", algorithm, {}).compile({name: given_values})
        except LogicError:
            return
        logic({"x": found, "targetingKey": "ada"})
