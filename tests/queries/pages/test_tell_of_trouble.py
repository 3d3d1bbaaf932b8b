"""What platform admins are told of statements: once, with a link, and not of what is known or usual."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from app.core.installation import installation
from app.queries import mark
from app.queries.alerts import look_for_trouble
from tests.queries.pages.given import HOUR, MINUTE, Sent, forget_all, sent
from tests.world import Person

DAY = timedelta(days=1)
Rows = list[dict]


@pytest.fixture(autouse=True)
def _nothing_else(pat: Person) -> None:
    forget_all(pat)


@pytest.fixture
def look(pat: Person) -> Callable[[], int]:
    """The relay's duty, once."""

    def run() -> int:
        with pat.app.app_context():
            return look_for_trouble()

    return run


def became_slower(pat: Person, **how: object) -> Sent:
    return sent(pat, **how).called(900, 40).called(30, 40, ago=80 * MINUTE)


def mails(pat: Person, one: Sent) -> list[str]:
    found = pat.world.sql.execute(
        "SELECT args->>'text' AS text FROM jobs WHERE name = 'notifications.send' AND args->>'link' = %s", (one.path,)
    ).fetchall()
    return [row["text"] for row in found]


def test_a_slower_statement_is_told_once_with_a_link(pat: Person, look, rows_told) -> None:
    one = became_slower(pat)
    assert look() == 1
    assert look() == 0
    [told] = mails(pat, one)
    assert "Read order_lines became slower: p95 went from 30 ms to 9" in told
    assert [fact["data"]["kind"] for fact in rows_told("statement.troubled", one.fingerprint)] == ["slower"]
    assert "became slower" in pat.get(one.path).text.split('id="h-changes"')[1]


def test_few_calls_a_small_shift_and_a_usual_hour_are_no_news(pat: Person, look) -> None:
    sent(pat).called(900, 20).called(30, 20, ago=80 * MINUTE)
    sent(pat).called(120, 40).called(30, 40, ago=80 * MINUTE)
    became_slower(pat).called(850, 40, ago=DAY + 10 * MINUTE)
    assert look() == 0


def test_timeouts_are_told_however_few(pat: Person, look) -> None:
    one = became_slower(pat).called(30_000, 2, timeouts=2, ago=3 * MINUTE)
    assert look() == 1
    assert mails(pat, one) == ["Read order_lines ran out of time in the last hour: 2 calls of 42 stopped."]


def test_a_new_one_is_told_when_it_takes_much_and_others_are_old(pat: Person, look) -> None:
    new = sent(pat, first_seen=10 * MINUTE).called(200, 40)
    assert look() == 0  # everything is new
    sent(pat, table="orders").called(1, 40)
    assert look() == 1
    assert "is new and takes" in mails(pat, new)[0]


def test_time_that_was_not_in_postgresql_is_not_put_down_to_it(pat: Person, look) -> None:
    one = became_slower(pat).counted(exec_ms=4)
    assert look() == 1
    [told] = mails(pat, one)
    assert told.endswith("as the application saw it. Mostly not in PostgreSQL.")


def test_a_known_one_is_not_told(pat: Person, look) -> None:
    one = became_slower(pat)
    pat.put(f"/api/query-optimizer/statements/{one.fingerprint}/known", json={"reason": "Fine"})
    assert look() == 0


def test_a_changed_plan_is_told_when_its_statement_became_slower(pat: Person, look) -> None:
    slower = became_slower(pat).changed("plan", "Index scan to sequential scan")
    same = sent(pat).called(120, 40).called(120, 40, ago=80 * MINUTE).changed("plan", "Hash join to merge join")
    settled = sent(pat, table="orders").changed("plan", "Index scan to sequential scan")
    pat.world.sql.execute(
        """UPDATE query_changes SET detail = '{"before": {"p95_ms": 20}, "after": {"p95_ms": 400}, "shift": 20}' """
        "WHERE fingerprint = %s",
        (settled.fingerprint,),
    )
    look()
    assert mails(pat, settled) == ["Read orders is planned otherwise and slower: p95 went from 20 ms to 400 ms."]
    assert any("planned otherwise and slower" in text for text in mails(pat, slower))
    assert mails(pat, same) == []
    assert look() == 0


def test_the_mark_in_the_rail_counts_what_ran_out_of_time(pat: Person, look) -> None:
    sent(pat).called(30_000, 2, timeouts=2)
    look()
    rail = pat.get("/slow-queries").text.split('id="rail"')[1].split("</nav>")[0]
    assert "running out of time" in rail
    forget_all(pat)
    sent(pat).called(5, 1, ago=2 * HOUR)
    look()
    with pat.app.app_context(), installation():
        assert mark.count_timing_out() == 0
        assert mark.rail_mark() is None
