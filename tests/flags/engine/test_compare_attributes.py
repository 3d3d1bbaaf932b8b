"""The operators of a condition: what matches, what does not, and that nothing raises."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.flags.engine.conditions import MAX_VALUES, build_test, check_condition, compile_condition, say_condition
from app.flags.engine.literals import read_version
from app.flags.engine.model import Condition
from app.flags.engine.operators import OPERATORS


def holds(operator, found, *values, negate=False):
    return compile_condition(Condition("a", operator, values, negate))({"a": found})


@pytest.mark.parametrize(
    ("operator", "values", "matching", "others"),
    [
        ("equals", ("GB",), ["GB"], ["gb", "GBR", None, 1, ["GB"], {"GB": 1}]),
        ("equals", (1,), [1, 1.0], [True, "1", 2]),
        ("equals", (True,), [True], [1, "true", False]),
        ("one_of", ("GB", 7, False), ["GB", 7, False], [0, True, "7", None]),
        ("contains", ("dmi",), ["admin", ["x", "dmi"], ("dmi",), {"dmi"}], ["ADMIN", ["admin"], 5, None]),
        ("contains", (7,), [[7], [1, 7.0]], ["7", [True], 7]),
        ("starts_with", ("ab", "x"), ["abc", "x"], ["cab", "", None, 1, ["ab"]]),
        ("ends_with", ("@acme.test",), ["ada@acme.test"], ["ada@acme.test.evil", None]),
        ("less_than", (10,), [9, 9.99, -(10**400)], [10, "9", True, None, float("nan")]),
        ("at_most", (10,), [10, 9], [10.5, "10"]),
        ("greater_than", (0.5,), [1, 0.6, 10**400], [0.5, True, float("nan")]),
        ("at_least", (0.5,), [0.5], [0.4, "1"]),
        (
            "before",
            ("2026-11-22T09:00:00Z",),
            ["2026-11-22T09:59:59+01:00", "2026-11-22t08:59:59.999z", datetime(2026, 1, 1, tzinfo=UTC)],
            ["2026-11-22T09:00:00Z", "2026-11-22", "2026-11-21T09:00:00", 5, datetime(2026, 1, 1)],  # noqa: DTZ001
        ),
        (
            "after",
            ("2026-11-22T09:00:00Z",),
            ["9999-12-31T23:59:59-23:59", "2026-11-22T09:00:00.000001Z"],
            ["2026-11-22T10:00:00+01:00", "0001-01-01T00:00:00+23:59", "2027-02-30T00:00:00Z", "tomorrow"],
        ),
        ("semver_equals", ("1.2.3",), ["1.2.3", "v1.2.3", "1.2.3+build.7"], ["1.2.3-rc.1", "1.2", 1.2, "01.2.3"]),
        ("semver_at_least", ("2026.11.0",), ["2026.11.0", "2026.12.0-alpha"], ["2026.11.0-rc.9", "2026.2.30", "next"]),
        ("semver_below", ("1.10.0",), ["1.9.9", "1.10.0-rc.1"], ["1.10.0", "1.10.1", "9" * 5_000 + ".0.0"]),
        ("exists", (), ["", 0, False, []], [None]),
        (
            "in_network",
            ("10.0.0.0/8", "2001:db8::/32", "192.0.2.7"),
            ["10.255.0.1", "2001:db8::1", "::ffff:10.0.0.1", "192.0.2.7"],
            ["11.0.0.1", 167772161, "10.0.0.0/8", "10.0.0", None, "ada"],
        ),
    ],
)
def test_an_operator_matches_these_and_not_those(operator, values, matching, others):
    assert check_condition(Condition("a", operator, values)) is None
    assert [found for found in matching if not holds(operator, found, *values)] == []
    assert [found for found in others if holds(operator, found, *values)] == []
    assert [found for found in others if not holds(operator, found, *values, negate=True)] == []


def test_versions_stand_in_the_order_of_the_specification():
    ordered = (
        "1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0".split()
    )
    versions = [read_version(text) for text in ordered]
    assert None not in versions
    assert sorted(versions) == versions


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.datetimes(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(operator=st.sampled_from([*OPERATORS, "nonsense"]), values=st.lists(ANYTHING, max_size=3), found=ANYTHING)
def test_nothing_raises_whatever_the_values_and_the_context(operator, values, found):
    condition = Condition("a", operator, tuple(values))
    assert compile_condition(condition)({"a": found}) in (True, False)
    if check_condition(condition) is None:
        assert build_test(condition) is not None
    assert say_condition(condition)


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        (Condition("a", "matches", ("x",)), "There is no operator “matches”."),
        (Condition(" ", "exists"), "Name the attribute"),
        (Condition("a", "exists", ("x",)), "takes no value"),
        (Condition("a", "equals", ()), "takes one text, number, true or false"),
        (Condition("a", "equals", ("x", "y")), "takes one text"),
        (Condition("a", "at_least", ("10",)), "takes one number"),
        (Condition("a", "at_least", (True,)), "takes one number"),
        (Condition("a", "before", ("2026-11-22",)), "takes one instant"),
        (Condition("a", "semver_below", ("1.2",)), "takes one version"),
        (Condition("a", "in_network", ("10.0.0.0/8", "10.0.0.0/99")), "takes networks"),
        (Condition("a", "starts_with", ("",)), "needs 1 to 500 characters"),
        (Condition("a", "one_of", ("x" * 501,)), "needs 1 to 500 characters"),
        (Condition("a", "one_of", tuple(range(MAX_VALUES + 1))), "at most 1,000 values"),
    ],
)
def test_the_editor_is_told_what_is_wrong_with_a_condition(condition, says):
    assert says in (check_condition(condition) or "")


@pytest.mark.parametrize("negate", [False, True])
@pytest.mark.parametrize(("operator", "values"), [("matches", ("x",)), ("at_least", ("ten",)), ("exists", ("x",))])
def test_a_condition_that_makes_no_sense_holds_for_nobody(operator, values, negate):
    assert holds(operator, "x", *values, negate=negate) is False


@pytest.mark.parametrize(
    ("condition", "sentence"),
    [
        (Condition("release", "semver_at_least", ("2026.11.0",)), "release is at least 2026.11.0"),
        (Condition("country", "one_of", ("GB", "IE"), negate=True), "country is none of GB, IE"),
        (Condition("plan", "exists"), "plan is set"),
        (Condition("beta", "equals", (True,)), "beta is true"),
        (Condition("n", "one_of", tuple(range(1_005))), "n is one of 0, 1, 2, 3, 4 or 1,000 more"),
    ],
)
def test_a_condition_reads_as_a_sentence(condition, sentence):
    assert say_condition(condition) == sentence
