"""Reads that stand side by side run side by side, in the company that asked, and never take all connections."""

import threading

import pytest
import sqlalchemy as sa
from flask import Flask

from app.accounts.models import User
from app.core import parallel
from app.core.context import request_id, set_request_id
from app.core.db import db
from app.core.parallel import read_together
from app.core.tenancy import current_scope
from tests.world import Person

TOGETHER_S = 30


def company_ids() -> set[int]:
    """Whose rows are seen."""
    return set(db.session.scalars(sa.select(User.company_id)))


def backend() -> int:
    """Which connection is used."""
    return int(db.session.execute(sa.text("SELECT pg_backend_pid()")).scalar_one())


def test_results_come_in_their_order(ada: Person) -> None:
    with ada.acting():
        assert read_together(lambda: 1, lambda: 2, lambda: 3, lambda: 4, lambda: 5, lambda: 6) == [1, 2, 3, 4, 5, 6]


def test_each_has_a_connection_of_its_own_at_the_same_time(ada: Person) -> None:
    meet = threading.Barrier(3)

    def read() -> int:
        pid = backend()
        meet.wait(TOGETHER_S)  # breaks unless all three run at once
        return pid

    with ada.acting():
        assert len(set(read_together(read, read, read))) == 3


def test_the_company_and_the_request_go_along(ada: Person, cleo: Person) -> None:
    with ada.acting():
        set_request_id("together-1")
        for ids, name, scope in read_together(*[lambda: (company_ids(), request_id(), current_scope())] * 4):
            assert ids == {ada.company_id}
            assert name == "together-1"
            assert scope.company_id == ada.company_id


def test_who_finds_no_place_reads_by_itself(ada: Person) -> None:
    taken = [parallel._places.acquire(blocking=False) for _ in range(parallel.AT_ONCE)]
    try:
        with ada.acting():
            names = read_together(*[lambda: threading.current_thread().name] * 3)
        assert set(names) == {threading.current_thread().name}
    finally:
        for _ in filter(None, taken):
            parallel._places.release()


def test_never_more_than_so_many_at_once(ada: Person) -> None:
    now, most, guard = 0, 0, threading.Lock()

    def read() -> int:
        nonlocal now, most
        with guard:
            now, most = now + 1, max(most, now + 1)
        backend()
        with guard:
            now -= 1
        return 1

    with ada.acting():
        assert sum(read_together(*[read] * 40)) == 40
    assert most <= parallel.AT_ONCE + 1


def test_a_mistake_is_raised_when_all_have_ended(ada: Person) -> None:
    ended = []

    def breaks() -> None:
        raise ValueError("broken")

    with ada.acting(), pytest.raises(ValueError, match="broken"):
        read_together(lambda: ended.append(1), breaks, lambda: ended.append(3))
    assert sorted(ended) == [1, 3]
    assert all(parallel._places.acquire(blocking=False) for _ in range(parallel.AT_ONCE))
    for _ in range(parallel.AT_ONCE):
        parallel._places.release()


def test_no_connection_is_kept(app: Flask, ada: Person) -> None:
    with app.app_context():
        pool = db.engine.pool
        before = pool.checkedout()  # type: ignore[attr-defined]
    with ada.acting():
        read_together(*[backend] * 8)
    assert pool.checkedout() == before  # type: ignore[attr-defined]
