"""How often flags answered what, and when they were last asked."""

from datetime import timedelta

import pytest
from sqlalchemy.exc import DBAPIError

from app import flags
from app.core import clock
from app.core.db import transaction
from app.core.installation import installation
from app.flags import counts, holder, reads, service
from app.flags.process import FlagProcess
from tests.flags.acts import as_platform, make_flag
from tests.world import Person


def held_by(pat: Person) -> FlagProcess:
    with pat.app.app_context():
        found = holder.here.process
    assert found is not None
    return found


def test_answers_are_counted_by_variant_and_reason(pat: Person) -> None:
    key = make_flag(pat)
    with as_platform(pat):
        service.enable(key)
        service.allow(key, "friend")
        for target in ("friend", "friend", "stranger"):
            flags.is_enabled(key, target)
        flags.evaluate(key, "stranger")
        held_by(pat).counts.flush()
        assert {(one.variant, one.reason): one.answers for one in reads.counts(key)} == {
            ("on", "TARGETING_MATCH"): 2,
            ("off", "DEFAULT"): 2,
        }
        detail = reads.find_flag(key)
    assert detail.last_asked_at is not None
    assert detail.last_asked_by.startswith("command:")
    assert detail.answers == ""


def test_a_push_loses_no_count(pat: Person) -> None:
    key = make_flag(pat, scope="global")
    with as_platform(pat):
        flags.is_enabled(key)
        service.enable(key)
        flags.is_enabled(key)
        held_by(pat).counts.flush()
        assert sum(one.answers for one in reads.counts(key)) == 2


def test_what_the_database_did_not_take_is_added_to_the_next_write(pat: Person) -> None:
    key = make_flag(pat)
    counted = held_by(pat).counts
    with as_platform(pat):
        flags.is_enabled(key, "x")
    real, counted.environment = counted.environment, "nul\x00"  # the database refuses it
    with pytest.raises((ValueError, DBAPIError)):
        counted.flush()
    counted.environment = real
    with as_platform(pat):
        flags.is_enabled(key, "x")
        counted.flush()
        assert sum(one.answers for one in reads.counts(key)) == 2


def test_old_minutes_become_hours(pat: Person) -> None:
    key = make_flag(pat)
    old = (clock.now() - timedelta(hours=30)).replace(minute=5, second=0, microsecond=0)
    with as_platform(pat), transaction():
        for minute in (5, 6):
            counts.write_counts("production", {(key, old.replace(minute=minute), "on", "STATIC"): 3})
        counts.write_counts("production", {(key, clock.now() - timedelta(days=99), "on", "STATIC"): 1})
    with pat.app.app_context():
        counts.roll_up()
        counts.roll_up()
    with as_platform(pat):
        points = reads.counts(key, minutes=3 * 24 * 60)
    assert [(one.at, one.answers) for one in points] == [(old.replace(minute=0), 6)]


def test_one_answer_for_a_month_makes_a_flag_stale(pat: Person) -> None:
    key, asked, kept = make_flag(pat), make_flag(pat), make_flag(pat, isPermanent=True)
    with as_platform(pat):
        for one in (key, asked, kept):
            service.set_percentage(one, 50_000)
            service.enable(one)
    assert not {key, asked, kept} & stale_keys(pat)
    for one in (key, asked, kept):
        age(pat, one, days=40)
    with as_platform(pat), transaction():
        counts.write_seen("production", {(asked, clock.now(), "on", "SPLIT"): 1})
    assert stale_keys(pat) & {key, asked, kept} == {key}
    age(pat, asked, days=40, seen_too=True)
    with as_platform(pat), transaction():
        counts.write_seen("production", {(asked, clock.now(), "on", "SPLIT"): 1})
    with as_platform(pat):
        found = {one.key: one for one in reads.stale_flags()}
        assert found[asked].why == (reads.stale.Why.ONE_ANSWER,)
        assert found[key].why == (reads.stale.Why.NOT_ASKED,)
        listed = reads.list_flags(view=reads.View.STALE, q=asked).items
    assert [one.key for one in listed] == [asked]


def test_a_flag_that_gives_several_answers_is_never_said_to_give_one(pat: Person) -> None:
    once, later = make_flag(pat), make_flag(pat)

    def write(key: str, *variants: str) -> str:
        with as_platform(pat):
            with transaction():
                places = {(key, clock.now().replace(second=0, microsecond=0), one, "SPLIT"): 1 for one in variants}
                counts.write_counts("production", places)
                counts.write_seen("production", places)
            return reads.find_flag(key).answers

    assert write(once, "on", "off") == ""
    assert [write(later, one) for one in ("on", "on", "off", "on", "on")] == ["on", "on", "", "", ""]
    assert "” only" not in pat.get(f"/flags/{later}").text
    age(pat, later, days=2, seen_too=True)
    assert write(later, "on") == "on"
    assert "” only" not in pat.get(f"/flags/{later}").text  # the day it shows has both


def test_a_flag_that_is_on_for_everybody_is_finished(pat: Person) -> None:
    key = make_flag(pat, scope="global")
    with as_platform(pat):
        service.enable(key)
    age(pat, key, days=31)
    with as_platform(pat):
        (found,) = [one for one in reads.stale_flags() if one.key == key]
    assert reads.stale.Why.FINISHED in found.why


def stale_keys(pat: Person) -> set[str]:
    with as_platform(pat):
        return {one.key for one in reads.stale_flags()}


def age(pat: Person, key: str, *, days: int, seen_too: bool = False) -> None:
    """Make it be as if a flag had been left alone for so long."""
    sql = pat.world.sql
    sql.execute("UPDATE flags SET created_at = created_at - %s WHERE key = %s", (timedelta(days=days), key))
    sql.execute(
        "UPDATE flag_environments SET changed_at = changed_at - %s WHERE flag_key = %s", (timedelta(days=days), key)
    )
    if seen_too:
        sql.execute(
            "UPDATE flag_seen SET variant_since = variant_since - %s WHERE flag_key = %s", (timedelta(days=days), key)
        )


def test_the_installations_rows_are_nobody_elses(pat: Person, ada: Person) -> None:
    key = make_flag(pat)
    with ada.acting():
        assert reads.list_flags(q=key).items == []
    with pat.app.app_context(), installation():
        assert len(reads.list_flags(q=key).items) == 1
