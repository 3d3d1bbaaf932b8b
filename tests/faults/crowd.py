"""Many companies through one small pool at once: by threads, or as greenlets in a process of their own.

What a hand does is drawn: it reads, writes, fails, is cancelled, is thrown out by the database, rolls back a part,
looks into another company in between, or acts for nobody. After each it looks whose rows it sees.
"""

import json
import os
import random
import sys
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.core import guards
from app.core.db import db, fresh_session, transaction
from app.core.ids import CompanyId, new_ulid
from app.core.tenancy import NOBODY, ScopeChangedInTransaction, acting_for, enter, platform_reads

LOOK = sa.text("SELECT array_agg(DISTINCT company_id), count(*) FROM users")
WRITE = sa.text(
    "INSERT INTO idempotency_keys (company_id, principal, route, key, body_hash, status, headers, body, created_at) "
    "VALUES (:company, 'crowd', 'POST /', :key, '', 200, '{}', '', now())"
)
TAKE = sa.text("UPDATE users SET name = 'taken' WHERE company_id = :company")
REFUSED = "42501"


class Fault(Exception):
    """Ends a transaction on purpose."""


@dataclass
class Tally:
    """What was done and seen.

    Attributes:
        leaks: In words; must stay empty.
        written: How many keys each company really wrote.
    """

    done: Counter[str] = field(default_factory=Counter)
    written: Counter[int] = field(default_factory=Counter)
    lost: int = 0
    leaks: list[str] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        self.done += other.done
        self.written += other.written
        self.lost += other.lost
        self.leaks += other.leaks


@dataclass
class Hand:
    """One who works with the pool.

    Attributes:
        people: How many people each company has.
    """

    people: dict[int, int]
    dice: random.Random
    tally: Tally = field(default_factory=Tally)

    def work(self, times: int) -> None:
        """Do so many things for companies that are drawn."""
        acts: list[Callable[[int, int], None]] = [
            self.read, self.read, self.read, self.write, self.write, self.fail, self.undo_part, self.run_out_of_time,
            self.be_refused, self.look_elsewhere, self.forget_who, self.change_in_the_middle, self.oversee,
        ]  # fmt: skip
        for _ in range(times):
            act = self.be_thrown_out if self.dice.random() < 0.002 else self.dice.choice(acts)
            mine, other = self.dice.sample(list(self.people), 2)
            self.tally.done[act.__name__] += 1
            try:
                act(mine, other)
            except (DBAPIError, PoolTimeout):
                self.tally.lost += 1  # another hand's backend was ended, or the pool had none: an outage, no leak

    def look(self, mine: int) -> None:
        """See whose rows there are; only those of one company may be."""
        owners, count = db.session.execute(LOOK).one()
        if (owners or []) != [mine] or count != self.people[mine]:
            self.tally.leaks.append(f"{mine} saw {count} rows of {owners}")

    def read(self, mine: int, other: int) -> None:
        with acting_for(mine):
            self.look(mine)

    def write(self, mine: int, other: int) -> None:
        with acting_for(mine):
            with transaction() as session:
                session.execute(WRITE, {"company": mine, "key": new_ulid()})
                self.look(mine)
            self.tally.written[mine] += 1
            self.look(mine)

    def fail(self, mine: int, other: int) -> None:
        """An error ends the transaction; the next of the same session is for the same company."""
        with acting_for(mine):
            try:
                with transaction() as session:
                    session.execute(WRITE, {"company": mine, "key": new_ulid()})
                    raise Fault
            except Fault:
                self.look(mine)

    def undo_part(self, mine: int, other: int) -> None:
        """A statement breaks inside a savepoint; what follows is still for the same company."""
        with acting_for(mine), transaction() as session:
            try:
                with session.begin_nested():
                    session.execute(sa.text("SELECT 1 / 0"))
            except DBAPIError:
                self.look(mine)
            with session.begin_nested():
                session.execute(WRITE, {"company": mine, "key": new_ulid()})
        self.tally.written[mine] += 1

    def run_out_of_time(self, mine: int, other: int) -> None:
        with acting_for(mine):
            try:
                with transaction() as session:
                    session.execute(sa.text("SET LOCAL statement_timeout = 2"))
                    session.execute(sa.text("SELECT pg_sleep(1)"))
            except DBAPIError:
                self.look(mine)

    def be_refused(self, mine: int, other: int) -> None:
        """Write into another company, and change its rows: neither works."""
        with acting_for(mine):
            if db.session.execute(TAKE, {"company": other}).rowcount:  # type: ignore[attr-defined]  # of a change it has one
                self.tally.leaks.append(f"{mine} changed rows of {other}")
            db.session.rollback()
            try:
                with transaction() as session:
                    session.execute(WRITE, {"company": other, "key": new_ulid()})
                self.tally.leaks.append(f"{mine} wrote as {other}")
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) != REFUSED:
                    raise
            self.look(mine)

    def look_elsewhere(self, mine: int, other: int) -> None:
        """Another company in between, in a session of its own, while a transaction stands open."""
        with acting_for(mine), transaction() as session:
            self.look(mine)
            with acting_for(other):
                self.look(other)
            self.look(mine)
            session.execute(WRITE, {"company": mine, "key": new_ulid()})
        self.tally.written[mine] += 1

    def forget_who(self, mine: int, other: int) -> None:
        """Nobody sees nothing, though the connection served somebody a moment ago."""
        with acting_for(mine):
            self.look(mine)
        with fresh_session():
            enter(NOBODY)
            _, count = db.session.execute(LOOK).one()
        if count:
            self.tally.leaks.append(f"nobody saw {count} rows")

    def change_in_the_middle(self, mine: int, other: int) -> None:
        """A transaction that was begun for one company is refused to another."""
        from app.core.tenancy import Scope

        with acting_for(mine):
            self.look(mine)
            enter(Scope("app", CompanyId(other)))
            try:
                db.session.execute(LOOK)
                self.tally.leaks.append(f"a transaction of {mine} went on for {other}")
            except ScopeChangedInTransaction:
                enter(Scope("app", CompanyId(mine)))

    def oversee(self, mine: int, other: int) -> None:
        """The login that reads all companies, and then one company again."""
        with platform_reads():
            db.session.execute(LOOK)
        with acting_for(other):
            self.look(other)

    def be_thrown_out(self, mine: int, other: int) -> None:
        """The database ends the connection in the middle."""
        with acting_for(mine):
            try:
                with transaction() as session:
                    session.execute(WRITE, {"company": mine, "key": new_ulid()})
                    session.execute(sa.text("SELECT pg_terminate_backend(pg_backend_pid())"))
            except DBAPIError:
                self.look(mine)


def play(app: Flask, people: dict[int, int], times: int, hands: int, seed: str) -> Tally:
    """Let many hands do so many things together, and return what came of it."""
    crowd = [Hand(people, random.Random(f"{seed} {number}")) for number in range(hands)]

    def run(hand: Hand) -> None:
        with app.app_context(), guards.unguarded():
            hand.work(times // hands)

    threads = [threading.Thread(target=run, args=(hand,)) for hand in crowd]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    total = Tally()
    for hand in crowd:
        total.add(hand.tally)
    return total


def main() -> None:
    """Play in a process of its own, on the settings of its environment; prints the tally as JSON."""
    from app import create_app

    asked: dict[str, Any] = json.loads(sys.argv[1])
    people = {int(company): count for company, count in asked["people"].items()}
    tally = play(create_app(), people, asked["times"], asked["hands"], asked["seed"])
    sys.stdout.write(json.dumps(vars(tally)) + "\n")
    sys.stdout.flush()
    os._exit(0)  # the app's own threads need not be waited for


if __name__ == "__main__":
    main()
