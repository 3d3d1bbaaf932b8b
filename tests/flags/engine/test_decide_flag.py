"""What a flag answers, step by step of its precedence."""

import pytest

from app.flags.engine.model import (
    WHOLE,
    Condition,
    Decider,
    ErrorCode,
    Flag,
    FlagSettings,
    FlagType,
    Prerequisite,
    Reason,
    Scope,
    Segment,
)
from tests.flags.engine.making import boolean, coloured, rule, table

FROM_UK = Condition("country", "equals", ("GB",))
EVERYTHING = {
    "percentage": WHOLE,
    "rules": (rule(FROM_UK, variant="green"),),
    "prerequisites": (Prerequisite("core", ("on",)),),
    "allow": frozenset({"ada", "both"}),
    "block": frozenset({"sam", "both"}),
}


def answer(flag, context, *others, segments=()):
    return table(flag, *others, segments=segments).evaluate(flag.key, context)


@pytest.mark.parametrize(
    ("settings", "core", "context", "decider", "variant", "reason"),
    [
        ({"enabled": False}, WHOLE, "ada", Decider.KILL_SWITCH, "off", Reason.DISABLED),
        ({}, WHOLE, "both", Decider.BLOCK, "off", Reason.TARGETING_MATCH),
        ({}, 0, "ada", Decider.ALLOW, "on", Reason.TARGETING_MATCH),
        ({}, 0, {"targetingKey": "x", "country": "GB"}, Decider.PREREQUISITE, "off", Reason.DEFAULT),
        ({}, WHOLE, {"targetingKey": "x", "country": "GB"}, Decider.RULE, "green", Reason.TARGETING_MATCH),
        ({}, WHOLE, {"targetingKey": "x", "country": "FR"}, Decider.PERCENTAGE, "on", Reason.DEFAULT),
        ({"percentage": 0}, WHOLE, {"targetingKey": "x", "country": "FR"}, Decider.DEFAULT, "off", Reason.DEFAULT),
    ],
)
def test_the_first_step_of_the_precedence_decides(settings, core, context, decider, variant, reason):
    given = answer(coloured(**EVERYTHING | settings), context, boolean("core", percentage=core))
    assert (given.decider, given.variant, given.reason) == (decider, variant, reason)


def test_a_flag_without_any_step_that_asks_is_static_at_a_hundred_percent():
    given = answer(boolean(percentage=WHOLE), {})
    assert (given.value, given.reason, given.decider) == (True, Reason.STATIC, Decider.PERCENTAGE)


@pytest.mark.parametrize("context", [None, {}, "", {"targetingKey": ""}, {"targetingKey": 7}, {"company": "acme"}, []])
def test_a_draw_without_a_key_is_an_error_and_never_random(context):
    for _ in range(20):
        given = answer(boolean(percentage=50_000), context)
        assert (given.error, given.reason) == (ErrorCode.TARGETING_KEY_MISSING, Reason.ERROR)
        assert (given.variant, given.value) == ("off", False)


def test_a_split_without_a_key_is_an_error_too():
    given = answer(coloured(percentage=WHOLE, split=(("on", 1), ("green", 1))), {})
    assert given.error is ErrorCode.TARGETING_KEY_MISSING


def test_a_rule_for_a_part_of_the_targets_is_an_error_without_a_key_only_when_it_fits():
    flag = boolean(rules=(rule(FROM_UK, percentage=50_000),))
    assert answer(flag, {"country": "GB"}).error is ErrorCode.TARGETING_KEY_MISSING
    assert answer(flag, {"country": "FR"}).error is None


@pytest.mark.parametrize(
    ("percentage", "split"), [(0, ()), (WHOLE, ()), (WHOLE, (("green", 1),)), (0, (("on", 1),) * 2)]
)
def test_what_everybody_gets_needs_no_key(percentage, split):
    assert answer(coloured(percentage=percentage, split=split), None).error is None


@pytest.mark.parametrize(
    ("scope", "context", "found"),
    [
        (Scope.COMPANY, {"company": "acme", "targetingKey": "ada"}, True),
        (Scope.COMPANY, {"company": "other", "targetingKey": "acme"}, False),
        (Scope.COMPANY, {"targetingKey": "acme"}, True),
        (Scope.COMPANY, "acme", True),
        (Scope.USER, {"company": "acme", "targetingKey": "ada"}, False),
        (Scope.USER, {"user": "acme", "targetingKey": "ada"}, True),
        (Scope.USER, {"user": "", "targetingKey": "acme"}, True),
        (Scope.USER, {"user": 7, "targetingKey": "acme"}, True),
        (Scope.GLOBAL, {"company": "acme", "user": "acme", "targetingKey": "ada"}, False),
        (Scope.GLOBAL, {"targetingKey": "acme"}, True),
    ],
)
def test_lists_hold_what_the_flag_is_about(scope, context, found):
    assert answer(boolean(scope=scope, allow=frozenset({"acme"})), context).value is found


def test_everybody_of_a_company_gets_the_same_answer():
    flags = table(boolean(scope=Scope.COMPANY, percentage=50_000))
    for company in map(str, range(50)):
        answers = {flags.is_enabled("f", {"company": company, "user": user}) for user in "abcdefgh"}
        assert len(answers) == 1


@pytest.mark.parametrize(
    ("context", "variant"),
    [
        ({"targetingKey": "ada"}, "on"),
        ({"targetingKey": "sam", "country": "GB"}, "off"),
        ({"targetingKey": "vera", "country": "GB"}, "on"),
        ({"targetingKey": "vera"}, "off"),
        ({"country": "GB"}, "on"),
    ],
)
def test_a_segment_includes_excludes_or_asks(context, variant):
    labs = Segment("labs", (FROM_UK,), included=frozenset({"ada", "sam"}), excluded=frozenset({"sam"}))
    flag = boolean(rules=(rule(segments=("unknown", "labs")),))
    assert answer(flag, context, segments=(labs,)).variant == variant


def test_a_segment_without_conditions_holds_only_those_it_names():
    flag = boolean(rules=(rule(segments=("empty",)), rule(segments=("unknown",), identity="r2")))
    assert answer(flag, "ada", segments=(Segment("empty"),)).value is False


def test_a_rule_without_conditions_is_for_everybody():
    assert answer(boolean(rules=(rule(),)), {}).rule == "r1"


def test_those_outside_a_rules_own_percentage_fall_through():
    flag = coloured(rules=(rule(variant="green", percentage=30_000),), percentage=WHOLE)
    given = [answer(flag, f"t{n}") for n in range(2_000)]
    share = sum(one.variant == "green" for one in given) / 2_000
    assert 0.25 < share < 0.35
    assert {(one.variant, one.decider, one.reason) for one in given} == {
        ("green", Decider.RULE, Reason.SPLIT),
        ("on", Decider.PERCENTAGE, Reason.DEFAULT),
    }


def test_a_prerequisite_that_cannot_answer_is_not_met():
    half = boolean("half", percentage=50_000)
    flag = boolean(percentage=WHOLE, prerequisites=(Prerequisite("half", ("on", "off")),))
    assert answer(flag, {}, half).decider is Decider.PREREQUISITE
    assert answer(flag, "ada", half).value is True
    assert answer(flag, "ada").decider is Decider.PREREQUISITE  # the flag is not there at all


def test_a_number_flag_is_on_unless_it_gives_the_off_variant():
    flag = Flag("n", FlagType.NUMBER, {"low": 1, "high": 2}, "high", "low", settings=FlagSettings(True, WHOLE))
    assert table(flag).is_enabled("n", "ada") is True
    assert table(boolean("n", enabled=False)).is_enabled("n", "ada") is False


def test_a_flag_without_off_variant_leaves_the_default_to_the_code():
    flag = Flag("n", FlagType.STRING, {"on": "x"}, "on", None, settings=FlagSettings(True))
    given = answer(flag, "ada")
    assert (given.value, given.variant, given.reason, given.error) == (None, None, Reason.DEFAULT, None)


def test_an_unknown_flag_is_off_and_an_error():
    empty = table()
    assert empty.is_enabled("nobody", "ada") is False
    assert empty.evaluate("nobody", "ada").error is ErrorCode.FLAG_NOT_FOUND


def test_a_definition_that_names_a_variant_it_does_not_have_is_an_error_of_that_answer_only():
    flag = boolean(rules=(rule(FROM_UK, variant="purple"),))
    assert answer(flag, {"country": "GB"}).error is ErrorCode.GENERAL
    assert answer(flag, {"country": "FR"}).error is None


def test_whoever_changes_a_json_answer_changes_only_their_own():
    flag = Flag("j", FlagType.OBJECT, {"on": {"rows": [1]}, "off": {}}, settings=FlagSettings(True, WHOLE))
    flags = table(flag)
    flags.evaluate("j").value["rows"].append(2)
    assert flags.evaluate("j").value == {"rows": [1]}


def test_a_rule_of_ten_thousand_conditions_is_answered():
    conditions = tuple(Condition("n", "at_least", (number,)) for number in range(10_000))
    flag = boolean(rules=(rule(*conditions),))
    assert answer(flag, {"n": 9_999}).value is True
    assert answer(flag, {"n": 9_998}).value is False
