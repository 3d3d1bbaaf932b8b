"""Usage is exact after whatever statement, of whatever program."""

import psycopg
import pytest
from flask import Flask

from app.core.db import db
from app.core.tenancy import acting_for
from app.storage.states import CLASS_OF, Category, State
from app.storage.usage.fold import fold
from tests.storage.usage.shelf import counted, put, put_many, summed
from tests.world import Person, World


def test_one_file_is_counted_by_category_provider_and_class(world: World, ada: Person) -> None:
    """A row of difference is there with the file."""
    put(world.sql, ada.company_id, 100)
    put(world.sql, ada.company_id, 50, category=Category.REPORTS, provider="s3", state="pending")
    found = [tuple(row.values()) for row in counted(world.sql, ada.company_id)]
    assert found == [("documents", "local", "live", 100, 1), ("reports", "s3", "pending", 50, 1)]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE stored_files SET state = 'trashed' WHERE company_id = %(company)s AND size_bytes % 3 = 0",
        "UPDATE stored_files SET provider = 's3', size_bytes = size_bytes * 2 WHERE company_id = %(company)s",
        "UPDATE stored_files SET category = 'exports' WHERE company_id = %(company)s AND size_bytes < 50",
        "UPDATE stored_files SET file_name = 'b.txt' WHERE company_id = %(company)s",
        "DELETE FROM stored_files WHERE company_id = %(company)s AND size_bytes > 20",
        "DELETE FROM stored_files WHERE company_id = %(company)s",
        "INSERT INTO stored_files SELECT company_id, id || 'x', key || 'x', category, provider FROM stored_files WHERE false",
        (
            "INSERT INTO stored_files (company_id, id, key, category, provider, file_name, content_type, size_bytes) "
            "SELECT company_id, id, key, category, provider, 'b', 'b', 7 FROM stored_files WHERE company_id = %(company)s "
            "ON CONFLICT (key) DO UPDATE SET size_bytes = 7, state = 'refused'"
        ),
        (
            "MERGE INTO stored_files AS f USING (SELECT id, size_bytes FROM stored_files WHERE company_id = %(company)s) AS s "
            "ON f.company_id = %(company)s AND f.id = s.id WHEN MATCHED AND s.size_bytes > 50 THEN DELETE "
            "WHEN MATCHED THEN UPDATE SET size_bytes = 1"
        ),
    ],
)
def test_bulk_statements_are_counted(world: World, ada: Person, app: Flask, statement: str) -> None:
    """As they are by a superuser's own SQL, folded or not."""
    put_many(world.sql, ada.company_id, 100)
    with app.app_context():
        fold()
    world.sql.execute(statement.replace(" % 3", " %% 3"), {"company": ada.company_id})
    assert counted(world.sql, ada.company_id) == summed(world.sql, ada.company_id)
    with app.app_context():
        fold()
    assert counted(world.sql, ada.company_id) == summed(world.sql, ada.company_id)
    waiting = world.sql.execute("SELECT count(*) FROM storage_deltas WHERE company_id = %s", (ada.company_id,))
    assert waiting.fetchone() == {"count": 0}


def test_copied_rows_are_counted(world: World, ada: Person) -> None:
    """COPY goes around statements that insert, not around triggers."""
    columns = "(company_id, id, key, category, provider, state, file_name, content_type, size_bytes)"
    with world.sql.cursor() as cursor, cursor.copy(f"COPY stored_files {columns} FROM STDIN") as copy:
        for number in range(50):
            one = f"copy-{ada.company_id}-{number}"
            copy.write_row((ada.company_id, one, one, "products", "local", "ready", "a", "a", number))
    assert counted(world.sql, ada.company_id) == summed(world.sql, ada.company_id)
    assert summed(world.sql, ada.company_id)[0]["files"] == 50


def test_large_files_and_larger_sums_are_exact(world: World, ada: Person, app: Flask) -> None:
    """More than 2 GiB in one file, more than 2^53 in all, odd to the last byte."""
    sizes = [2**31 + 1, 2**53 + 1, 2**62 + 3, 2**62 + 5]
    for size in sizes:
        put(world.sql, ada.company_id, size)
    with app.app_context():
        fold()
    (row,) = counted(world.sql, ada.company_id)
    assert int(row["bytes"]) == sum(sizes) > 2**63


def test_a_rolled_back_statement_counts_nothing(world: World, ada: Person) -> None:
    """Difference and file share a transaction."""
    with pytest.raises(psycopg.errors.DivisionByZero), world.sql.transaction():
        put(world.sql, ada.company_id, 10)
        world.sql.execute("SELECT 1/0")
    assert counted(world.sql, ada.company_id) == []


def test_all_rows_at_once_can_not_be_taken_away_uncounted(world: World) -> None:
    """TRUNCATE has no rows to count."""
    with pytest.raises(psycopg.errors.RaiseException, match="delete the rows"):
        world.sql.execute("TRUNCATE stored_files CASCADE")


def test_the_database_and_the_house_sort_states_alike(world: World) -> None:
    """storage_class() repeats CLASS_OF."""
    for state in State:
        row = world.sql.execute("SELECT storage_class(%s) AS class", (state.value,)).fetchone()
        assert row == {"class": CLASS_OF[state].value}


def test_a_company_changes_only_its_own_counts(app: Flask, ada: Person, cleo: Person, world: World) -> None:
    """The app's login can neither write a counter nor a difference of another company."""
    import sqlalchemy as sa
    from sqlalchemy.exc import ProgrammingError

    for statement in (
        f"INSERT INTO storage_deltas (company_id, category, provider, class, bytes, files) VALUES ({cleo.company_id}, 'temp', 'local', 'live', 1, 1)",
        f"UPDATE storage_counts SET bytes = 0 WHERE company_id = {ada.company_id}",
        "DELETE FROM storage_deltas",
    ):
        with app.app_context(), acting_for(ada.company_id), pytest.raises(ProgrammingError):
            db.session.execute(sa.text(statement))
