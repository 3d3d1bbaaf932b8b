"""The relay looks where facts can be, and that is everywhere they ever come up: late, rolled back, copied, crowded."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from flask import Flask

from app.core import relay, sequencer
from app.core.sequencer import Sequencer
from tests.world import Connection, Person

COLUMNS = "company_id, topic, type, event_id, row_id, row_version, data, actor, request_id, occurred_at"
INSERT = (
    f"INSERT INTO outbox ({COLUMNS}) VALUES (%s, 'lanterns', 'lantern.lit', %s, '1', %s, '{{}}', '{{}}', 'r', now())"
)


@pytest.fixture
def leader(app: Flask) -> Iterator[Sequencer]:
    """What a leading relay numbers with; nothing waits, and the table has nothing left that was taken before."""
    relay.pump(app)
    with app.app_context(), relay.system_connection() as connection:
        yield Sequencer(connection)


@contextmanager
def writer(superuser_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection whose transaction ends when the test says so."""
    with psycopg.connect(superuser_url) as connection:
        yield connection
        connection.rollback()


def write(sql: psycopg.Connection[Any] | Connection, person: Person, *steps: int) -> None:
    for step in steps:
        sql.execute(INSERT, (person.company_id, f"{person.company_id}-{step}", step))


def steps_of(leader: Sequencer, person: Person) -> list[int | None]:
    """Number until nothing is left; return the steps of a company's facts."""
    told = []
    while facts := leader.number():
        told += [fact.row_version for fact in facts if fact.company_id == person.company_id]
    return told


def test_who_commits_late_is_found_below_what_was_taken(leader: Sequencer, ada: Person, superuser_url: str) -> None:
    with writer(superuser_url) as late:
        write(late, ada, 1, 2)
        write(ada.world.sql, ada, 3)
        assert steps_of(leader, ada) == [3]
        write(ada.world.sql, ada, 4)
        assert steps_of(leader, ada) == [4]
        late.commit()
        write(ada.world.sql, ada, 5)
        assert steps_of(leader, ada) == [1, 2, 5], "in one look, the lower ids first"


def test_what_was_rolled_back_is_forgotten_and_what_is_open_is_not(
    leader: Sequencer, ada: Person, superuser_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sequencer, "SUSPECT_S", 0)
    with writer(superuser_url) as late, writer(superuser_url) as sorry:
        write(ada.world.sql, ada, 1)
        assert steps_of(leader, ada) == [1]
        write(sorry, ada, 2)
        sorry.rollback()
        write(ada.world.sql, ada, 3)
        assert steps_of(leader, ada) == [3]
        steps_of(leader, ada)
        assert leader.others.gaps == [], "nobody who writes is left to own one"
        write(late, ada, 4)
        write(ada.world.sql, ada, 5)
        for _ in range(4):
            steps_of(leader, ada)
        assert [gap.high - gap.low for gap in leader.others.gaps] == [0]
        late.commit()
        assert steps_of(leader, ada) == [4]
        assert leader.others.gaps == []


def test_rows_that_were_copied_in_are_found(leader: Sequencer, ada: Person, superuser_url: str) -> None:
    with writer(superuser_url) as late:
        write(ada.world.sql, ada, 1)
        with late.cursor().copy(f"COPY outbox ({COLUMNS}) FROM STDIN") as rows:
            for step in range(100, 1300):  # the driver sends, and the server stores, more than once
                rows.write_row(
                    (ada.company_id, "lanterns", "lantern.lit", f"{step}", "1", step, "{}", "{}", "r", "now")
                )
        write(ada.world.sql, ada, 2)
        assert steps_of(leader, ada) == [1, 2]
        late.commit()
        assert steps_of(leader, ada) == list(range(100, 1300))


def test_another_leader_finds_what_the_first_had_not_seen(
    app: Flask, leader: Sequencer, ada: Person, superuser_url: str
) -> None:
    with writer(superuser_url) as late:
        write(late, ada, 1)
        write(ada.world.sql, ada, 2)
        assert steps_of(leader, ada) == [2]
        with app.app_context(), relay.system_connection() as connection:
            successor = Sequencer(connection)
            write(ada.world.sql, ada, 3)
            assert steps_of(successor, ada) == [3]
            late.commit()
            assert steps_of(successor, ada) == [1]


def test_an_id_that_comes_up_where_nobody_could_know_is_found_all_the_same(
    leader: Sequencer, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one from the cache of a sequence; ours has none."""
    monkeypatch.setattr(sequencer, "SUSPECT_S", 0)
    write(ada.world.sql, ada, 1)
    free = ada.world.sql.execute("SELECT nextval(pg_get_serial_sequence('outbox', 'id')) AS id").fetchone()
    write(ada.world.sql, ada, 2)
    assert steps_of(leader, ada) == [1, 2]
    steps_of(leader, ada)
    assert leader.others.gaps == []
    assert free is not None
    ada.world.sql.execute(
        f"INSERT INTO outbox (id, {COLUMNS}) OVERRIDING SYSTEM VALUE "
        "VALUES (%s, %s, 'lanterns', 'lantern.lit', 'late', '1', 3, '{}', '{}', 'r', now())",
        (free["id"], ada.company_id),
    )
    assert steps_of(leader, ada) == []
    monkeypatch.setattr(sequencer, "EVERYWHERE_S", 0)
    assert steps_of(leader, ada) == [3]


def test_a_look_beside_an_open_transaction_walks_over_nothing(
    leader: Sequencer, ada: Person, superuser_url: str
) -> None:
    def entries_read() -> int:
        leader.connection.exec_driver_sql("SELECT pg_stat_force_next_flush()").all()
        leader.connection.exec_driver_sql("SELECT 1").all()
        row = ada.world.sql.execute(
            "SELECT idx_tup_read AS read FROM pg_stat_user_indexes WHERE indexrelname = 'pk_outbox'"
        )
        found = row.fetchone()
        return found["read"] if found else 0

    with writer(superuser_url) as late:
        write(ada.world.sql, ada, 0)
        assert steps_of(leader, ada) == [0]
        write(late, ada, 1)
        write(ada.world.sql, ada, *range(2, 400))
        assert len(steps_of(leader, ada)) == 398
        before = entries_read()
        for _ in range(20):
            leader.number()
        assert entries_read() - before <= 20 * 3, "the open row alone, not the 398 that are dead"


class Table:
    """An outbox in memory, with transactions that end as they like, for a leader that takes it for its database."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.newest = 0
        self.open: dict[str, list[tuple[int, int]]] = {}
        self.waiting: dict[int, int] = {}
        self.committed: dict[int, list[int]] = {}

    def act(self, number: int) -> None:
        """Let somebody begin, write, commit or roll back."""
        act = self.dice.random()
        if act < 0.3 or not self.open:
            self.open[f"t{number}"] = []
        name = self.dice.choice(list(self.open))
        if act < 0.7:
            company = self.dice.choice([1, 1, 1, 2, 3])
            for _ in range(self.dice.choice([1, 1, 2, 30 if company == 1 else 1])):
                self.newest += 1
                self.open[name].append((self.newest, company))
        elif (rows := self.open.pop(name)) and act < 0.95:
            self.waiting |= dict(rows)
            for row_id, company in rows:
                self.committed.setdefault(company, []).append(row_id)

    def execute(self, statement: Any, given: dict[str, Any] | None = None) -> "Table":
        """Answer the statements of a leader."""
        self.rows: list[Any] = list(self.open)
        if given is None:
            return self
        found: list[int] = []
        for part in ("others", "crowded"):
            ranges = list(zip(given[f"{part}_lows"], given[f"{part}_highs"], strict=True))
            ids = [
                row_id
                for row_id, company in sorted(self.waiting.items())
                if (company in given["crowd"]) == (part == "crowded")
                and (row_id > given[f"{part}_after"] or any(low <= row_id <= high for low, high in ranges))
            ]
            found += ids[: given[f"{part}_most"]]
        event: dict[str, Any] = {"data": {}}
        self.rows = [(self.waiting.pop(i), "t", i, "x", "e", None, None, None, event, i) for i in sorted(found)]
        return self

    def all(self) -> list[Any]:
        return self.rows

    scalars = __iter__ = lambda self: iter(self.rows)


@pytest.mark.parametrize("seed", range(20))
def test_however_transactions_end_each_fact_is_taken_once_and_in_order(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"BATCH": 20, "CROWD": 8, "SUSPECT_S": 0 if seed % 2 else 3600, "EVERYWHERE_S": 3600}.items():
        monkeypatch.setattr(sequencer, name, value)
    dice = random.Random(seed)
    table = Table(dice)
    leader = Sequencer(table)  # type: ignore[arg-type]  # a table that answers as a connection would
    taken: dict[int, list[int]] = {}
    for number in range(1500):
        for _ in range(dice.choice([0, 1, 3])):
            table.act(number)
        if dice.random() < 0.6:
            must_be_in_order = {c: [i for i, owner in table.waiting.items() if owner == c] for c in (1, 2, 3)}
            for fact in leader.number():
                taken.setdefault(fact.company_id, []).append(fact.seq)
                assert fact.seq == min(must_be_in_order[fact.company_id]), "what waits is taken in the order of its ids"
                must_be_in_order[fact.company_id].remove(fact.seq)
        if dice.random() < 0.002:
            leader = Sequencer(table)  # type: ignore[arg-type]  # as above
    table.open.clear()
    for _ in range(400):
        for fact in leader.number():
            taken.setdefault(fact.company_id, []).append(fact.seq)
    expected = {company: sorted(ids) for company, ids in table.committed.items()}
    assert {company: sorted(ids) for company, ids in taken.items()} == expected
    if seed % 2:
        assert leader.others.gaps == []
