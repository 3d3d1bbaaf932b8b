"""The allow and the block list."""

import pytest

from app import flags
from app.flags import reads, service
from app.flags.engine.model import Decider
from app.flags.problems import ListTooLong, WrongTarget
from tests.flags.acts import as_platform, is_on, make_flag
from tests.world import Person


def test_an_allowed_target_is_on_and_a_blocked_one_off(pat: Person) -> None:
    key = make_flag(pat)
    with as_platform(pat):
        service.enable(key)
        detail = service.allow(key, "friend", " friend ", "other")
        assert (detail.allowed, detail.blocked) == (2, 0)
        with pat.app.app_context():
            assert flags.evaluate(key, "friend").decider is Decider.ALLOW
        detail = service.block(key, "friend")
        assert (detail.allowed, detail.blocked) == (1, 1)
    assert not is_on(pat, key, "friend")
    assert is_on(pat, key, "other")


def test_a_list_is_replaced_as_a_whole(pat: Person) -> None:
    key = make_flag(pat)
    with as_platform(pat):
        service.allow(key, "a", "b")
        detail = service.replace_list(key, "allow", ["b", "c", "b"])
        page = reads.list_targets(key, None, "allow", limit=1)
        rest = reads.list_targets(key, None, "allow", after=page.next_cursor)
        entry = reads.list_versions(key).items[0]
    assert detail.allowed == 2
    assert [one.target for one in (*page.items, *rest.items)] == ["b", "c"]
    assert entry.lists["allow"] == {"added": ["c"], "addedCount": 1, "removed": ["a"], "removedCount": 1}


def test_taking_off_twice_is_one_change(pat: Person) -> None:
    key = make_flag(pat)
    with as_platform(pat):
        service.allow(key, "a")
        first = service.remove_from_list(key, "allow", "a")
        assert service.remove_from_list(key, "allow", "a").version == first.version
        assert first.allowed == 0


def test_a_hundred_thousand_targets_fit_and_one_more_does_not(pat: Person) -> None:
    key = make_flag(pat)
    many = [f"company-{number:06}" for number in range(100_000)]
    with as_platform(pat):
        service.enable(key)
        detail = service.replace_list(key, "allow", many)
        assert detail.allowed == 100_000
        with pytest.raises(ListTooLong):
            service.allow(key, "one-more")
        with pytest.raises(ListTooLong, match="2000000"):
            service.replace_list(key, "allow", ["x"] * 2_000_000)
        entry = reads.list_versions(key).items[0]
        assert entry.lists["allow"]["addedCount"] == 100_000
        assert len(entry.lists["allow"]["added"]) == 100
    assert is_on(pat, key, "company-099999")
    with as_platform(pat):
        assert service.revert(entry.id).allowed == 0
    assert not is_on(pat, key, "company-099999")


@pytest.mark.parametrize("target", ["", "  ", "x" * 201, "a\x00b", "\ud800"])
def test_what_is_no_target_is_refused(pat: Person, target: str) -> None:
    key = make_flag(pat)
    with as_platform(pat), pytest.raises(WrongTarget):
        service.allow(key, "fine", target)
