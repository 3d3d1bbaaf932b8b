"""Making, editing and archiving flags and segments."""

import pytest

from app import flags
from app.core.db import transaction
from app.core.outbox import facts_recorded
from app.flags import reads, service
from app.flags.problems import (
    FlagChanged,
    FlagInUse,
    FlagIsBuiltIn,
    FlagTaken,
    SegmentInUse,
    UnknownVariant,
    WrongSegment,
    WrongValue,
    WrongVariants,
)
from tests.flags.acts import as_platform, fresh_key, is_on, make_flag
from tests.world import Person

CONDITION = {"attribute": "release", "operator": "semver_at_least", "values": ["2026.11.0"]}


def test_a_new_flag_is_off_everywhere_and_draws_by_its_key(pat: Person) -> None:
    key = make_flag(pat, description="Try the new picker", tags=["picking"])
    with as_platform(pat):
        detail = reads.find_flag(key, "staging")
        assert (detail.is_enabled, detail.salt, detail.tags) == (False, key, ("picking",))
        with pytest.raises(FlagTaken):
            service.create_flag(key)


@pytest.mark.parametrize(
    "fields",
    [
        {"variants": {"on": "yes", "off": False}},
        {"type": "number", "variants": {"on": True, "off": 0}},
        {"type": "number", "variants": {"on": float("nan"), "off": 0}},
        {"type": "string", "variants": {"on": 1, "off": ""}},
        {"type": "object", "variants": {"on": "text", "off": {}}},
        {"variants": {}},
        {"variants": {"": True, "off": False}},
    ],
)
def test_variants_of_the_wrong_type_are_refused(pat: Person, fields: dict[str, object]) -> None:
    with as_platform(pat), pytest.raises((WrongVariants, WrongValue)):
        service.create_flag(fresh_key(), fields)


def test_an_off_variant_that_is_none_is_refused(pat: Person) -> None:
    with as_platform(pat), pytest.raises(UnknownVariant):
        service.create_flag(fresh_key(), {"offVariant": "never"})


def test_a_variant_that_a_rule_serves_cannot_go(pat: Person) -> None:
    variants = {"red": "r", "blue": "b", "off": ""}
    key = make_flag(pat, type="string", variants=variants, onVariant="red")
    with as_platform(pat):
        service.set_split(key, [["blue", 1]], environment="staging")
        with pytest.raises(UnknownVariant):
            service.edit_flag(key, {"variants": {"red": "r", "off": ""}})
        assert service.edit_flag(key, {"variants": {**variants, "green": "g"}}).variants["green"] == "g"


def test_a_built_in_flag_stays_what_it_is(pat: Person) -> None:
    with as_platform(pat):
        with pytest.raises(FlagIsBuiltIn):
            service.archive_flag("core-api")
        with pytest.raises(FlagIsBuiltIn):
            service.edit_flag("core-api", {"scope": "user"})


def test_an_archived_flag_gives_the_callers_default(pat: Person) -> None:
    key = make_flag(pat, scope="global")
    with as_platform(pat):
        service.enable(key)
        assert is_on(pat, key)
        service.archive_flag(key, reason="its work is done")
    with pat.app.app_context():
        assert flags.is_enabled(key, "x", default=True)
        assert not flags.is_enabled(key, "x")


def test_a_flag_that_others_wait_for_cannot_go(pat: Person) -> None:
    key, other = make_flag(pat), make_flag(pat)
    with as_platform(pat):
        service.set_prerequisites(other, [{"flag": key, "variants": ["on"]}], environment="development")
        with pytest.raises(FlagInUse, match=other):
            service.archive_flag(key)


def test_two_editors_of_a_definition_get_the_difference(pat: Person) -> None:
    key = make_flag(pat)
    with as_platform(pat):
        seen = reads.find_flag(key).version
        service.edit_flag(key, {"owner": "Ada"}, version=seen)
        with pytest.raises(FlagChanged) as refused:
            service.edit_flag(key, {"owner": "Sam"}, version=seen)
    assert refused.value.changed == {"owner": ["", "Ada"]}


def test_a_segment_changes_every_flag_that_uses_it(pat: Person) -> None:
    key, segment = make_flag(pat), fresh_key("segment")
    with as_platform(pat):
        service.save_segment(segment, {"included": ["early"]})
        service.set_rules(key, [{"segments": [segment], "serve": {"variant": "on"}}])
        service.enable(key)
        assert is_on(pat, key, "early")
        assert not is_on(pat, key, {"targetingKey": "x", "release": "2026.12.0"})
        service.save_segment(segment, {"conditions": [CONDITION]})
        assert is_on(pat, key, {"targetingKey": "x", "release": "2026.12.0"})
        with pytest.raises(SegmentInUse, match=key):
            service.archive_segment(segment)
        with pytest.raises(WrongSegment):
            service.save_segment(segment, {"conditions": [{**CONDITION, "operator": "near"}]})
        with pytest.raises(FlagChanged):
            service.save_segment(segment, {"included": []}, version=1)


def test_every_change_is_told_with_reason_and_difference(pat: Person) -> None:
    key = make_flag(pat)
    with as_platform(pat), transaction():
        service.set_percentage(key, 12_500, reason="a first look")
        (fact,) = facts_recorded()
        assert fact.data() == {
            "key": key, "environment": "production", "act": "share-set", "changes": {"percentage": [0, 12_500]},
            "lists": {}, "reason": "a first look", "version": reads.find_flag(key).version,
            "change": reads.list_versions(key).items[0].id,
        }  # fmt: skip


def test_wrong_variants_name_the_one(pat: Person) -> None:
    with as_platform(pat), pytest.raises(WrongVariants, match="“on” has to be true or false"):
        service.create_flag(fresh_key(), {"variants": {"on": 1, "off": False}})


@pytest.mark.parametrize("key", ["new", "segments", "export", "import", "a?b", "", "-a", "x" * 101])
def test_a_key_that_no_address_could_hold_is_refused_with_the_rule(pat: Person, key: str) -> None:
    answer = pat.post("/api/degradation/features", json={"key": key})
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "key")
