"""A hard limit holds to the byte, however many reserve at once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.db import transaction
from app.core.ids import new_ulid
from app.storage.keys import new_key
from app.storage.models import StoredFile
from app.storage.problems import QuotaExceeded
from app.storage.states import Category
from app.storage.usage import quotas
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


def together(app: Flask, ada: Person, size_bytes: int, tries: int) -> int:
    """Let 64 threads reserve at once, each its share of all tries; return how many were taken."""
    start = threading.Barrier(64)
    pool = app.config["SQLALCHEMY_ENGINE_OPTIONS"]["pool_size"]
    assert pool
    taken = []

    def run(number: int) -> None:
        start.wait(30)
        for _ in range(tries // 64):
            for _attempt in range(200):
                try:
                    reserve(ada, size_bytes)
                    taken.append(number)
                except QuotaExceeded:
                    pass
                except sa.exc.TimeoutError:  # all connections are out: the page says busy, and people try again
                    continue
                break

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
