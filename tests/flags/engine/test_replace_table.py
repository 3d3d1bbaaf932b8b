"""A push: what did not change stays as it is, what depends on a change follows it."""

from dataclasses import replace

from app.core import arms
from app.flags.engine.model import WHOLE, Condition, Prerequisite, Segment
from tests.flags.engine.making import boolean, rule, table


def test_a_flag_that_did_not_change_keeps_its_closures():
    old = table(boolean("a", percentage=5), boolean("b", percentage=5))
    new = table(replace(boolean("a", percentage=5)), boolean("b", percentage=6), previous=old)
    assert new.on["a"] is old.on["a"]
    assert new.on["b"] is not old.on["b"]


def test_a_flag_follows_its_changed_prerequisite_and_the_old_table_does_not():
    waiting = boolean("z", percentage=WHOLE, prerequisites=(Prerequisite("y", ("on",)),))
    between = boolean("y", percentage=WHOLE, prerequisites=(Prerequisite("x", ("on",)),))
    old = table(waiting, between, boolean("x", percentage=WHOLE))
    new = table(waiting, between, boolean("x", percentage=0), previous=old)
    assert (old.is_enabled("z", "ada"), new.is_enabled("z", "ada")) == (True, False)


def test_a_flag_follows_its_changed_segment():
    flag, labs = boolean(rules=(rule(segments=("labs",)),)), Segment("labs", included=frozenset({"ada"}))
    old = table(flag, segments=(labs,))
    new = table(flag, segments=(Segment("labs", (Condition("x", "exists"),)),), previous=old)
    assert (old.is_enabled("f", "ada"), new.is_enabled("f", "ada")) == (True, False)


def test_a_flag_that_is_gone_is_unknown():
    assert table(previous=table(boolean(percentage=WHOLE))).is_enabled("f", "ada") is False


def test_a_guarded_flag_notes_the_arm_and_others_do_not():
    flags = table(boolean("guarded", watched=True, percentage=50_000), boolean("plain", percentage=50_000))
    seen = set()
    for number in range(50):
        arms.begin()
        on = flags.is_enabled("guarded", str(number))
        flags.is_enabled("plain", str(number))
        assert arms.current() == {"guarded": arms.TREATMENT if on else arms.CONTROL}
        seen.add(on)
        arms.begin()
        flags.evaluate("guarded", str(number))
        assert arms.current() == {"guarded": arms.TREATMENT if on else arms.CONTROL}
    assert seen == {True, False}
    arms.begin()
    flags.is_enabled("guarded", None)  # an error is neither arm
    assert arms.current() == {}
