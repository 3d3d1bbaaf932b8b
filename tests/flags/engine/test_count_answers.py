"""Answers are counted by variant and reason, over threads, pushes and forks."""

from concurrent.futures import ThreadPoolExecutor

from app.flags.engine.model import WHOLE
from tests.flags.engine.making import boolean, table


def test_each_answer_is_counted_once_by_variant_and_reason():
    flags = table(boolean(percentage=50_000, allow=frozenset({"ada"})), boolean("g"))
    flags.is_enabled("f", "ada")
    flags.evaluate("f", "ada")
    flags.evaluate("f", {})
    flags.is_enabled("g", "ada")
    flags.is_enabled("unknown", "ada")
    assert sorted(flags.ledger.drain()) == [
        ("f", "off", "ERROR", 1),
        ("f", "on", "TARGETING_MATCH", 2),
        ("g", "off", "DEFAULT", 1),
    ]
    assert flags.ledger.drain() == []


def test_a_peek_counts_nothing():
    flags = table(boolean(percentage=WHOLE))
    assert flags.peek("f", "ada").value is True
    assert flags.ledger.drain() == []


def test_no_count_is_lost_between_threads():
    flags = table(boolean(percentage=50_000))

    def ask(start):
        for number in range(20_000):
            flags.is_enabled("f", str(start + number))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(8)))
    assert sum(count for *_, count in flags.ledger.drain()) == 160_000


def test_what_the_old_table_answered_after_a_push_is_counted():
    old = table(boolean(percentage=WHOLE))
    old.is_enabled("f", "ada")
    new = table(boolean(percentage=0), previous=old)
    assert new.ledger.drain() == [("f", "on", "STATIC", 1)]
    old.is_enabled("f", "ada")
    new.is_enabled("f", "ada")
    assert sorted(new.ledger.drain()) == [("f", "off", "DEFAULT", 1), ("f", "on", "STATIC", 1)]


def test_the_tally_of_a_replaced_flag_is_dropped_once_it_is_quiet():
    flags = table(boolean(percentage=1))
    for percentage in range(2, 50):
        flags = table(boolean(percentage=percentage), previous=flags)
        flags.is_enabled("f", "ada")
        flags.ledger.drain()
    assert len(flags.ledger._tallies) <= 4


def test_a_fork_begins_with_nothing():
    flags = table(boolean(percentage=WHOLE))
    flags.is_enabled("f", "ada")
    flags.ledger.forget()
    assert flags.ledger.drain() == []
