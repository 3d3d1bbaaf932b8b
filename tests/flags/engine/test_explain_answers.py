"""An explanation shows every step, and its answer is the evaluation's: for any flags and any context."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.flags.engine.explain import explain
from app.flags.engine.explanation import Verdict
from app.flags.engine.hashing import place
from app.flags.engine.model import (
    WHOLE,
    Algorithm,
    Condition,
    Decider,
    ErrorCode,
    Flag,
    FlagSettings,
    FlagType,
    Prerequisite,
    Rule,
    Scope,
    Segment,
    Serve,
)
from app.flags.engine.operators import OPERATORS
from tests.flags.engine.making import boolean, rule, table

UNITS = ["ada", "sam", "vera", "acme", "other", "\ud800", ""]
KEYS, GROUPS, VARIANTS = ["a", "b", "c", "d"], ["labs", "staff"], ["on", "off", "green"]
ATTRIBUTES = ["targetingKey", "company", "user", "role", "n", "release"]
FOUND = st.sampled_from([*UNITS, "admin", "1.2.0", "10.0.0.1", "2026-11-22T09:00:00Z", 1, 2.5, True, None]) | st.lists(
    st.sampled_from(UNITS), max_size=2
)
SHARES = st.sampled_from([0, 1, 30_000, 50_000, 99_999, WHOLE])
NAMED = st.sampled_from([*VARIANTS, "nonsense"])
SPLITS = st.lists(st.tuples(NAMED, st.integers(0, 3)), max_size=3).map(tuple) | st.just((("on", 1), ("green", 2)))
PEOPLE = st.frozensets(st.sampled_from(UNITS), max_size=2)
CONDITIONS = st.lists(
    st.builds(
        Condition,
        st.sampled_from(ATTRIBUTES),
        st.sampled_from([*OPERATORS, "nonsense"]),
        st.lists(FOUND, max_size=2).map(tuple),
        st.booleans(),
    ),
    max_size=2,
).map(tuple)
SERVES = st.builds(Serve, st.none() | NAMED, SPLITS, SHARES)
RULES = st.builds(
    Rule,
    st.sampled_from(string.ascii_lowercase),
    SERVES,
    CONDITIONS,
    st.lists(st.sampled_from([*GROUPS, "gone"]), max_size=2).map(tuple),
)
TARGETINGS = st.sampled_from(
    [
        {},
        {"if": [{"==": [{"var": "role"}, "admin"]}, "green"]},
        {"if": [{"in": [{"var": "targetingKey"}, ["ada", "acme"]]}, "on", "nonsense"]},
        {"fractional": [["on", 1], ["green", 1]]},
        {"no such operation": []},
    ]
)
SETTINGS = st.builds(
    FlagSettings,
    enabled=st.sampled_from([True, True, True, False]),
    percentage=SHARES,
    split=SPLITS,
    rules=st.lists(RULES, max_size=3).map(tuple),
    prerequisites=st.lists(
        st.builds(Prerequisite, st.sampled_from([*KEYS, "gone"]), st.lists(NAMED, max_size=2).map(tuple)), max_size=2
    ).map(tuple),
    targeting=st.none() | st.none() | TARGETINGS,
    allow=PEOPLE,
    block=PEOPLE,
)
SEGMENTS = st.tuples(*(st.builds(Segment, st.just(group), CONDITIONS, PEOPLE, PEOPLE) for group in GROUPS))
CONTEXTS = (
    st.none() | st.sampled_from(UNITS) | st.dictionaries(st.sampled_from(ATTRIBUTES), FOUND) | st.just(["no context"])
)


def flags_for(key):
    return st.builds(
        Flag,
        st.just(key),
        st.just(FlagType.STRING),
        st.just({"on": "blue", "off": "grey", "green": "green"}),
        st.just("on"),
        st.sampled_from(["off", None, "nonsense"]),
        st.sampled_from(list(Scope)),
        st.sampled_from(["salt", "pepper"]),
        st.just(Algorithm.FLAGD_V2),
        SETTINGS,
    )


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(flags=st.tuples(*map(flags_for, KEYS)), segments=SEGMENTS, contexts=st.lists(CONTEXTS, min_size=1, max_size=4))
def test_what_is_explained_is_what_is_answered(flags, segments, contexts):
    asked = table(*flags, segments=segments)
    for context in contexts:
        for key in KEYS:
            explanation = explain(asked, key, context)
            assert explanation.evaluation == asked.evaluate(key, context) == asked.peek(key, context)
            verdicts = [step.verdict for step in explanation.steps]
            decided = verdicts.index(Verdict.DECIDED)
            assert set(verdicts[:decided]) <= {Verdict.PASSED}
            assert set(verdicts[decided + 1 :]) <= {Verdict.NOT_REACHED}
            if explanation.evaluation.decider:
                assert explanation.steps[decided].decider is explanation.evaluation.decider


def test_an_explanation_shows_operands_place_and_share():
    flag = boolean(rules=(rule(Condition("release", "semver_at_least", ("2026.11.0",))),), percentage=25_000)
    explained = explain(table(flag), "f", {"user": "ada", "release": "2026.10.0"})
    steps = {step.decider: step for step in explained.steps}
    assert list(steps) == [
        Decider.KILL_SWITCH,
        Decider.BLOCK,
        Decider.ALLOW,
        Decider.RULE,
        Decider.PERCENTAGE,
        Decider.DEFAULT,
    ]
    (operand,) = steps[Decider.RULE].operands
    assert (operand.sentence, operand.found, operand.holds) == ("release is at least 2026.11.0", "2026.10.0", False)
    assert steps[Decider.RULE].sentence == "release is at least 2026.11.0 gets “on”."
    draw = steps[Decider.PERCENTAGE].draw
    assert (draw.unit, draw.share, draw.place) == ("ada", 25_000, place("salt-f", "ada"))
    assert steps[Decider.PERCENTAGE].sentence == "25 % of the others get “on”."
    assert steps[Decider.DEFAULT].verdict is Verdict.NOT_REACHED


def test_an_explanation_says_from_which_percentage_on_a_target_is_inside():
    flag = boolean(percentage=1)
    draw = next(step.draw for step in explain(table(flag), "f", "ada").steps if step.draw)
    inside, outside = (boolean(percentage=share) for share in (draw.inside_from, draw.inside_from - 1))
    assert table(inside).is_enabled("f", "ada") is True
    assert table(outside).is_enabled("f", "ada") is False


def test_an_explanation_shows_the_prerequisites_own_answer():
    flag = boolean(percentage=WHOLE, prerequisites=(Prerequisite("core", ("on",)),))
    step = next(step for step in explain(table(flag, boolean("core")), "f", "ada").steps if step.prerequisite)
    assert step.verdict is Verdict.DECIDED
    assert step.sentence == "“core” answers “on”."
    assert step.prerequisite.evaluation.variant == "off"


def test_an_explanation_says_how_a_target_is_in_a_segment():
    labs = Segment("labs", included=frozenset({"ada"}))
    flag = boolean(rules=(rule(segments=("labs", "gone")),))
    step = next(step for step in explain(table(flag, segments=(labs,)), "f", "ada").steps if step.memberships)
    assert [(one.segment, one.how, one.belongs) for one in step.memberships] == [
        ("labs", "included", True),
        ("gone", "unknown-segment", False),
    ]


def test_an_unknown_flag_is_explained_as_unknown():
    explained = explain(table(), "nobody", "ada")
    assert (explained.steps, explained.evaluation.error) == ((), ErrorCode.FLAG_NOT_FOUND)


def test_explaining_counts_nothing():
    flags = table(boolean(percentage=WHOLE))
    explain(flags, "f", "ada")
    assert flags.ledger.drain() == []
