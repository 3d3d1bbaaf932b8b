"""Switching flags on and off, shares, splits, rules and prerequisites."""

import pytest

from app import flags
from app.core.errors import InvalidInput
from app.flags import reads, service
from app.flags.engine.model import Decider, Reason
from app.flags.problems import (
    FlagChanged,
    FlagNotFound,
    PrerequisiteCycle,
    ShareOutOfRange,
    UnknownEnvironment,
    UnknownPrerequisite,
    UnknownSegment,
    UnknownVariant,
    WrongRule,
    WrongSplit,
)
from tests.flags.acts import as_platform, fresh_key, is_on, make_flag
from tests.world import Person


def rule(*, conditions: int = 1, **fields: object) -> dict[str, object]:
    condition = {"attribute": "role", "operator": "equals", "values": ["staff"]}
    return {"conditions": [condition] * conditions, "serve": {"variant": "on"}, **fields}


def test_a_saved_flag_answers_at_once_in_the_saving_process(pat: Person) -> None:
    key = make_flag(pat)
    with as_platform(pat):
        service.set_percentage(key, 100_000)
        assert not is_on(pat, key)
        service.enable(key, reason="tried in staging")
    assert is_on(pat, key)


def test_enabling_a_global_flag_at_nothing_gives_it_to_everybody(pat: Person) -> None:
    key = make_flag(pat, scope="global")
    with as_platform(pat):
        detail = service.enable(key)
        changes = reads.list_versions(key).items[0].changes
    assert detail.percent == 100
    assert changes == {"enabled": [False, True], "percentage": [0, 100_000]}
    assert is_on(pat, key)


def test_the_kill_switch_keeps_the_rest_of_the_settings(pat: Person) -> None:
    key = make_flag(pat)
    with as_platform(pat):
        service.set_percentage(key, 100_000)
        service.enable(key)
        detail = service.disable(key, reason="it breaks checkout")
        assert detail.percentage == 100_000
        with pat.app.app_context():
            assert flags.evaluate(key, "x").reason is Reason.DISABLED
        service.enable(key)
    assert is_on(pat, key)


def test_doing_the_same_twice_is_one_change(pat: Person) -> None:
    key = make_flag(pat)
    with as_platform(pat):
        first, second = service.enable(key), service.enable(key)
        assert first.version == second.version
        assert [one.act for one in reads.list_versions(key).items] == ["enabled", "created"]


def test_environments_do_not_touch_each_other(pat: Person) -> None:
    key = make_flag(pat, scope="global")
    with as_platform(pat):
        service.enable(key, environment="staging")
        assert reads.find_flag(key, "staging").is_enabled
        assert not reads.find_flag(key, "production").is_enabled
        with pytest.raises(UnknownEnvironment):
            service.enable(key, environment="moon")
    assert not is_on(pat, key)


@pytest.mark.parametrize("share", [-1, 100_001, True, 12.5, float("nan")])
def test_what_is_no_share_is_refused(pat: Person, share: object) -> None:
    key = make_flag(pat)
    with as_platform(pat), pytest.raises(ShareOutOfRange):
        service.set_percentage(key, share)  # type: ignore[arg-type]


def test_a_rule_decides_before_the_percentage(pat: Person) -> None:
    key = make_flag(pat)
    with as_platform(pat):
        service.set_rules(key, [rule()])
        service.enable(key)
    with pat.app.app_context():
        found = flags.evaluate(key, {"targetingKey": "x", "role": "staff"})
    assert (found.variant, found.decider) == ("on", Decider.RULE)
    assert not is_on(pat, key, {"targetingKey": "x", "role": "viewer"})


def test_a_rule_keeps_its_id_when_it_moves(pat: Person) -> None:
    key = make_flag(pat)
    with as_platform(pat):
        first = service.set_rules(key, [rule(name="one"), rule(name="two")]).kept["rules"]
        second = service.set_rules(key, first[::-1]).kept["rules"]
    assert [one["id"] for one in second] == [one["id"] for one in first][::-1]


def test_rules_that_cannot_be_meant_are_refused_by_name(pat: Person) -> None:
    key = make_flag(pat)
    unknown = rule(conditions=0) | {"conditions": [{"attribute": "role", "operator": "sounds_like", "values": ["x"]}]}
    with as_platform(pat):
        with pytest.raises(WrongRule, match="10,000 conditions"):
            service.set_rules(key, [rule(conditions=10_000)])
        with pytest.raises(WrongRule, match="sounds_like"):
            service.set_rules(key, [unknown])
        with pytest.raises(UnknownSegment, match="labs-nowhere"):
            service.set_rules(key, [rule(segments=["labs-nowhere"])])
        with pytest.raises(UnknownVariant, match="blue"):
            service.set_rules(key, [rule(serve={"variant": "blue"})])
        with pytest.raises(WrongRule, match="serves nothing"):
            service.set_rules(key, [rule(serve={})])
        with pytest.raises(WrongRule, match="at most 50 rules"):
            service.set_rules(key, [rule()] * 51)
        assert reads.find_flag(key).kept["rules"] == []


def test_a_split_divides_those_inside(pat: Person) -> None:
    variants = {"red": "r", "blue": "b", "off": ""}
    key = make_flag(pat, type="string", variants=variants, onVariant="red")
    with as_platform(pat):
        service.set_settings(key, {"enabled": True, "percentage": 100_000, "split": [["red", 1], ["blue", 1]]})
        with pytest.raises(WrongSplit):
            service.set_split(key, [["red", 0], ["blue", 0]])
        with pytest.raises(WrongSplit):
            service.set_split(key, [["red", 1], ["red", 1]])
        with pytest.raises(UnknownVariant):
            service.set_split(key, [["green", 1]])
    with pat.app.app_context():
        given = {flags.value(key, "", f"u{number}") for number in range(50)}
    assert given == {"r", "b"}


def test_a_flag_waits_for_another(pat: Person) -> None:
    first, second = make_flag(pat, scope="global"), make_flag(pat, scope="global")
    with as_platform(pat):
        service.enable(second)
        service.set_prerequisites(second, [{"flag": first, "variants": ["on"]}])
        assert not is_on(pat, second)
        service.enable(first)
    assert is_on(pat, second)


def test_a_circle_of_prerequisites_is_refused_by_its_path(pat: Person) -> None:
    first, second = make_flag(pat), make_flag(pat)
    with as_platform(pat):
        service.set_prerequisites(first, [{"flag": second, "variants": ["on"]}])
        with pytest.raises(PrerequisiteCycle) as refused:
            service.set_prerequisites(second, [{"flag": first, "variants": ["on"]}])
        assert first in refused.value.path
        assert second in refused.value.path
        with pytest.raises(UnknownPrerequisite):
            service.set_prerequisites(second, [{"flag": "nowhere", "variants": ["on"]}])
        with pytest.raises(UnknownVariant):
            service.set_prerequisites(second, [{"flag": first, "variants": ["blue"]}])


def test_two_editors_at_once_get_the_difference(pat: Person) -> None:
    key = make_flag(pat)
    with as_platform(pat):
        seen = reads.find_flag(key).version
        service.set_percentage(key, 10_000, version=seen)
        with pytest.raises(FlagChanged) as refused:
            service.set_rules(key, [rule()], version=seen)
        assert refused.value.changed == {"percentage": [0, 10]}
        assert refused.value.changed_by == pat.name
        # What only the lists went through is no conflict.
        now = reads.find_flag(key).version
        service.allow(key, "friend")
        service.set_percentage(key, 20_000, version=now)


def test_what_is_not_there_is_told(pat: Person) -> None:
    with as_platform(pat):
        for key in (fresh_key(), "a?b", "x" * 200, "nul\x00"):
            with pytest.raises(FlagNotFound):
                service.enable(key)
        with pytest.raises(InvalidInput):
            service.create_flag("a?b")
