"""What may lag is read from a copy; what was written is read back; a copy that lags or dies is left within seconds."""

import os
import signal
import time

import pytest
import sqlalchemy as sa
from flask import Flask

from app.accounts.models import User
from app.core import gates
from app.core.db import db, transaction
from app.core.replicas import choice
from app.core.replicas.reading import may_lag, reads_may_lag, snapshot_may_lag
from app.core.replicas.watch import EVERY_S, watch_of
from app.core.tenancy import platform_reads
from tests.core.replicas.conftest import replica_of
from tests.replicating import Pair
from tests.site import wait_for
from tests.world import Person

IS_COPY = sa.text("SELECT pg_is_in_recovery()")
LEAVES_WITHIN_S = 2.0
SLACK_S = 8.0  # a machine on which much runs beside


def is_copy() -> bool:
    """Whether this very read is answered by the replica."""
    return bool(db.session.execute(IS_COPY).scalar_one())


def test_a_read_that_may_lag_goes_to_the_replica(ada: Person) -> None:
    with ada.acting():
        assert not is_copy()
        with reads_may_lag():
            assert is_copy()
        assert not is_copy()


def test_both_logins_that_read_have_one_there(app: Flask) -> None:
    with app.app_context(), platform_reads(), reads_may_lag():
        assert is_copy()
        assert db.session.execute(sa.text("SELECT current_user")).scalar_one() == "qd_platform"


def test_what_acts_elsewhere_inside_reads_from_the_primary(app: Flask, ada: Person) -> None:
    with ada.acting(), reads_may_lag():
        with platform_reads():
            assert not is_copy()
        assert is_copy()


def test_a_snapshot_stands_still_on_the_replica(ada: Person, pair: Pair) -> None:
    with ada.acting():
        with snapshot_may_lag():
            before = db.session.scalar(sa.select(User.name).where(User.id == ada.id))
            pair.primary.ask(f"UPDATE users SET name = 'Moved' WHERE id = {ada.id}", "quarterdeck_template")
            pair.catch_up()
            assert is_copy()
            assert db.session.scalar(sa.select(User.name).where(User.id == ada.id)) == before
        with reads_may_lag():
            assert db.session.scalar(sa.select(User.name).where(User.id == ada.id)) == "Moved"


def test_the_replica_holds_to_row_level_security(ada: Person, cleo: Person, pair: Pair) -> None:
    pair.catch_up()
    with ada.acting(), reads_may_lag():
        assert is_copy()
        assert set(db.session.scalars(sa.select(User.company_id))) == {ada.company_id}


def test_what_writes_or_locks_goes_to_the_primary(ada: Person) -> None:
    with ada.acting(), reads_may_lag(), transaction() as session:
        session.execute(sa.update(User).where(User.id == ada.id).values(name="Ada L."))
        assert not is_copy()
    with ada.acting(), reads_may_lag():
        assert db.session.scalars(sa.select(User.id).where(User.id == ada.id).with_for_update()).one() == ada.id
        assert not is_copy()  # and who locked goes on reading where the lock is


def test_a_job_reads_all_that_was_written_before_it_began(ada: Person) -> None:
    for number in range(20):
        with ada.acting():
            with transaction() as session:
                session.execute(sa.update(User).where(User.id == ada.id).values(name=f"Ada {number}"))
            with reads_may_lag():
                assert db.session.scalar(sa.select(User.name).where(User.id == ada.id)) == f"Ada {number}"


def test_a_paused_replica_is_not_asked_for_what_it_lacks(ada: Person, pair: Pair) -> None:
    pair.catch_up()
    pair.pause()
    with ada.acting():
        with transaction() as session:
            session.execute(sa.update(User).where(User.id == ada.id).values(name="Ada, later"))
        with reads_may_lag():
            assert not is_copy()
            assert db.session.scalar(sa.select(User.name).where(User.id == ada.id)) == "Ada, later"


def test_a_replica_that_lags_leaves_and_comes_back(app: Flask, ada: Person, pair: Pair) -> None:
    replica = replica_of(app)
    pair.pause()
    begun = time.monotonic()
    pair.primary.ask("SELECT pg_logical_emit_message(true, 'test', 'more log')")
    # On a busy machine it may leave for a moment before, because it answered late; that says something else.
    wait_for(
        lambda: not replica.is_fit and "behind" in replica.reason,
        limit_s=replica.limit_s + LEAVES_WITHIN_S + SLACK_S,
        say=lambda: replica.reason,
    )
    assert time.monotonic() - begun >= replica.limit_s - 2 * EVERY_S  # measured from when it was last known to be whole
    assert replica.lag_s is not None
    with ada.acting(), reads_may_lag():
        assert not is_copy()
    pair.resume()
    wait_for(lambda: replica.is_fit, limit_s=20)


def test_an_idle_primary_makes_no_replica_late(app: Flask, pair: Pair) -> None:
    pair.catch_up()
    wait_for(lambda: replica_of(app).lag_s == 0.0, limit_s=20)


def test_a_dead_replica_leaves_and_its_reader_is_answered(app: Flask, ada: Person, pair: Pair) -> None:
    replica = replica_of(app)

    @may_lag
    def read() -> tuple[bool, str]:
        if choice.replica_of(db.session()) is not None:
            pair.replica.kill()  # in the middle of it
        return is_copy(), db.session.scalars(sa.select(User.public_id).where(User.id == ada.id)).one()

    with ada.acting():
        assert read() == (False, ada.public_id)
        assert not replica.is_fit
        with reads_may_lag():
            assert not is_copy()
    pair.replica.start()
    wait_for(lambda: replica.is_fit, limit_s=30)


def test_a_replica_that_hangs_leaves_by_itself(app: Flask, ada: Person, pair: Pair) -> None:
    replica = replica_of(app)
    assert pair.replica.process is not None
    backends = pair.replica.ask(
        "SELECT array_agg(pid) FROM pg_stat_activity WHERE application_name = 'quarterdeck-replicas'"
    )
    begun = time.monotonic()
    for pid in backends:
        os.kill(pid, signal.SIGSTOP)
    try:
        wait_for(lambda: not replica.is_fit, limit_s=LEAVES_WITHIN_S + SLACK_S)
        assert time.monotonic() - begun < LEAVES_WITHIN_S + SLACK_S
        with ada.acting(), reads_may_lag():
            assert not is_copy()
    finally:
        for pid in backends:
            os.kill(pid, signal.SIGCONT)
    wait_for(lambda: replica.is_fit, limit_s=30)


def test_its_failures_do_not_make_the_database_rest(app: Flask, ada: Person, pair: Pair) -> None:
    pair.replica.kill()
    with ada.acting():
        for _ in range(20):
            with reads_may_lag():
                db.session.execute(sa.select(User.id).limit(1)).all()
        assert db.session.execute(sa.text("SELECT 1")).scalar_one() == 1


def test_nobody_is_sent_there_without_the_flag(ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gates, "_answers", [lambda key, default: False if key == "use-read-replicas" else default])
    with ada.acting(), reads_may_lag():
        assert not is_copy()


def test_others_find_the_address_of_a_fit_replica(app: Flask, pair: Pair) -> None:
    login = "postgresql://qd_explain:secret@db.example:5432/quarterdeck"
    found = watch_of(app).rotation.any_url(login)
    assert found == f"postgresql://qd_explain:secret@127.0.0.1:{pair.replica.port}/quarterdeck"
