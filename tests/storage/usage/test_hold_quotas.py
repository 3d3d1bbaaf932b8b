"""A hard limit holds to the byte, however many reserve at once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core import guards
from app.core.db import transaction
from app.core.ids import new_ulid
from app.storage.keys import new_key
from app.storage.models import StoredFile
from app.storage.problems import FileTooLarge, QuotaExceeded
from app.storage.states import Category
from app.storage.usage import quotas
from app.storage.usage.fold import fold
from app.storage.usage.limits import change_quota
from tests.site import wait_for
from tests.storage.usage.shelf import put
from tests.world import Person, World


def reserve(person: Person, size_bytes: int, category: Category = Category.DOCUMENTS, times: int = 1) -> None:
    """Reserve as uploads do: check, then the row, in one transaction."""
    with person.acting(), transaction() as session:
        for _ in range(times):
            quotas.check(category, size_bytes)
            session.add(
                StoredFile(
                    company_id=person.company_id, id=new_ulid(), key=new_key(person.company_id, category),
                    category=category.value, provider="local", file_name="a", content_type="a", size_bytes=size_bytes,
                )
            )  # fmt: skip
            session.flush()


def limit(world: World, person: Person, hard: int | None, *, category: str = "", file_bytes: int | None = None) -> None:
    """Give a company a limit."""
    world.sql.execute(
        "INSERT INTO storage_quotas (company_id, category, hard_bytes, file_bytes) VALUES (%s, %s, %s, %s)",
        (person.company_id, category, hard, file_bytes),
    )


def used(world: World, person: Person) -> int:
    """Add up what is there."""
    row = world.sql.execute(
        "SELECT coalesce(sum(size_bytes), 0)::bigint AS used FROM stored_files WHERE company_id = %s",
        (person.company_id,),
    ).fetchone()
    assert row is not None
    return int(row["used"])


def try_again(person: Person, size_bytes: int) -> None:
    """Reserve; while all connections are out, which people are told as busy, again."""
    while True:
        try:
            return reserve(person, size_bytes)
        except sa.exc.TimeoutError:
            continue


def together(app: Flask, ada: Person, size_bytes: int, tries: int) -> int:
    """Let 64 threads reserve at once, each its share of all tries; return how many were taken."""
    start = threading.Barrier(64)
    taken = []

    def run(number: int) -> None:
        start.wait(60)
        with guards.unguarded():
            for _ in range(tries // 64):
                with suppress(QuotaExceeded):
                    try_again(ada, size_bytes)
                    taken.append(number)

    with ThreadPoolExecutor(64) as threads:
        list(threads.map(run, range(64)))
    return len(taken)


@pytest.mark.parametrize(("hard", "size_bytes"), [(10_007, 333), (1_000_003, 100_001), (4096 * 100, 100)])
def test_64_at_once_never_go_one_byte_over(app: Flask, world: World, ada: Person, hard: int, size_bytes: int) -> None:
    """As many fit as fit, and the next one does not."""
    limit(world, ada, hard)
    put(world.sql, ada.company_id, hard - size_bytes * 20 - 1 if hard > size_bytes * 20 else 0)
    before = used(world, ada)
    together(app, ada, size_bytes, 128)
    assert hard - size_bytes < used(world, ada) <= hard
    assert (used(world, ada) - before) % size_bytes == 0


def test_without_a_limit_nothing_is_locked(world: World, ada: Person) -> None:
    """Nor asked for twice."""
    with ada.acting(), transaction() as session:
        quotas.check(Category.DOCUMENTS, 10**15)
        held = session.execute(
            sa.text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
        )
        assert held.scalar_one() == 0


def test_far_below_the_limit_reservations_share_a_lock(world: World, ada: Person) -> None:
    """Two open transactions do not wait for each other; near the limit the second one has to."""
    limit(world, ada, 10**9)
    mode = sa.text("SELECT mode FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
    with ada.acting(), transaction() as session:
        quotas.check(Category.DOCUMENTS, 1000)
        assert session.execute(mode).scalars().all() == ["ShareLock"]
    put(world.sql, ada.company_id, 9 * 10**8)
    with ada.acting(), transaction() as session:
        quotas.check(Category.DOCUMENTS, 1000)
        assert session.execute(mode).scalars().all() == ["ExclusiveLock"]


def test_many_files_of_one_transaction_count_together(world: World, ada: Person) -> None:
    """A bulk of small ones takes the lock alone once it is no small one any more."""
    limit(world, ada, 4096 * 1000)
    reserve(ada, 900, times=4)
    with pytest.raises(QuotaExceeded):
        reserve(ada, 1000, times=4096)
    assert used(world, ada) == 3600


def test_a_folder_has_a_limit_of_its_own(world: World, ada: Person) -> None:
    """The company's still holds for all of them."""
    limit(world, ada, 1000)
    limit(world, ada, 100, category="documents")
    reserve(ada, 100)
    with pytest.raises(QuotaExceeded) as refused:
        reserve(ada, 1)
    assert (refused.value.remaining_bytes, refused.value.category) == (0, "documents")
    reserve(ada, 900, Category.EXPORTS)
    with pytest.raises(QuotaExceeded) as refused:
        reserve(ada, 1, Category.PRODUCTS)
    assert (refused.value.remaining_bytes, refused.value.category) == (0, "")


def test_a_single_file_may_be_too_large(world: World, ada: Person) -> None:
    """However much room there is."""
    limit(world, ada, None, file_bytes=100)
    reserve(ada, 100)
    with pytest.raises(FileTooLarge) as refused:
        reserve(ada, 101)
    assert refused.value.most_bytes == 100


def test_trash_and_reservations_count_until_they_are_gone(world: World, ada: Person) -> None:
    """Room comes back when the row goes."""
    limit(world, ada, 100)
    put(world.sql, ada.company_id, 60, state="trashed")
    pending = put(world.sql, ada.company_id, 40, state="pending")
    with pytest.raises(QuotaExceeded):
        reserve(ada, 1)
    world.sql.execute("DELETE FROM stored_files WHERE id = %s", (pending,))
    reserve(ada, 40)
    with ada.app.app_context():
        fold()
    with pytest.raises(QuotaExceeded):
        reserve(ada, 1)


def test_another_companys_files_do_not_count(world: World, ada: Person, cleo: Person) -> None:
    """Nor does its limit."""
    limit(world, ada, 100)
    put(world.sql, cleo.company_id, 1000)
    reserve(ada, 100)
    reserve(cleo, 10**12)


def test_a_limit_waits_for_reservations_under_way(app: Flask, world: World, ada: Person) -> None:
    """What is lowered holds from then on: nobody goes by what was allowed before."""
    limit(world, ada, 10**9)
    began, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        with ada.acting(), transaction():
            quotas.check(Category.DOCUMENTS, 1000)
            began.set()
            go_on.wait(30)

    def lower() -> None:
        with ada.acting():
            wanted = {"soft_bytes": None, "hard_bytes": 5, "file_bytes": None}
            change_quota("", wanted, version=1, reason="less", is_platform=True)

    with ThreadPoolExecutor(2) as threads:
        holding = threads.submit(hold)
        assert began.wait(30)
        lowering = threads.submit(lower)
        waiting = (
            "SELECT count(*) AS waiting FROM pg_locks WHERE locktype = 'advisory' AND NOT granted "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        wait_for(lambda: world.sql.execute(waiting).fetchone() == {"waiting": 1}, limit_s=30)
        assert not lowering.done()
        go_on.set()
        holding.result(30)
        lowering.result(30)
    with pytest.raises(QuotaExceeded):
        reserve(ada, 6)
