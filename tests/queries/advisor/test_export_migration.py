"""A proposal as a migration that upgrades and downgrades, concurrently, also on a partitioned table."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import op
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy.engine import make_url

from app.queries.advisor.migration import write_migration
from app.queries.advisor.types import Candidate, Key
from tests.queries.advisor.given import advise
from tests.queries.advisor.shop import Shop
from tests.world import Person

Run = Callable[[str, str], None]


@pytest.fixture
def run(shop_url: str) -> Run:
    """Run one direction of a migration's text as Alembic does: in a transaction of its own."""
    engine = sa.create_engine(make_url(shop_url).set(drivername="postgresql+psycopg"), poolclass=sa.NullPool)

    def migrate(text: str, direction: str) -> None:
        module = ModuleType("exported")
        exec(text, module.__dict__)  # noqa: S102 (what we wrote ourselves)
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"transaction_per_migration": True})
            with context.begin_transaction(_per_migration=True), Operations.context(context):
                getattr(module, direction)()

    assert op is not None
    return migrate


def evidence_of(candidate: Candidate, partitions: tuple[str, ...] = ()) -> dict[str, Any]:
    """What a look keeps of a candidate."""
    return {
        "name": candidate.name, "table": candidate.table, "keys": [key.sql() for key in candidate.keys], "body": candidate.body,
        "include": list(candidate.include), "where": candidate.where, "method": candidate.method, "partitions": list(partitions),
    }  # fmt: skip


@pytest.mark.parametrize("candidate", [
    Candidate("orders", (Key("company_id"), Key("placed_at", is_desc=True, nulls_first=True), Key("id"))),
    Candidate("orders", (Key("lower(email)"),), where="(deleted_at IS NULL)"),
    Candidate("orders", (Key("company_id"),), ("total", "state")),
    Candidate("notes", (Key("body", operators="gin_trgm_ops"),), method="gin"),
    Candidate("readings", (Key("at"),), method="brin"),
])  # fmt: skip
def test_it_upgrades_and_downgrades(shop: Shop, run: Run, candidate: Candidate):
    text = write_migration("create", "", evidence_of(candidate), "Index it", "0042", "x1")
    assert 'down_revision = "0042"' in text
    run(text, "upgrade")
    assert shop.names() - shop.before == {candidate.name}
    run(text, "upgrade")
    assert all(index.is_valid for index in shop.catalogue().tables[candidate.table].indexes)
    run(text, "downgrade")
    assert shop.names() == shop.before


def test_a_partitioned_table_gets_it_child_by_child(shop: Shop, run: Run):
    shop.connection.execute("""
        CREATE TABLE days (at date NOT NULL, sensor int NOT NULL) PARTITION BY RANGE (at);
        CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
        CREATE TABLE days_2 PARTITION OF days FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
    """)
    try:
        candidate = Candidate("days", (Key("sensor"),))
        text = write_migration("create", "", evidence_of(candidate, ("days_1", "days_2")), "Index it", "0042", "x2")
        run(text, "upgrade")
        [index] = shop.catalogue().tables["days"].indexes
        assert (index.name, index.is_valid) == (candidate.name, True)
        run(text, "downgrade")
        assert shop.catalogue().tables["days"].indexes == ()
    finally:
        shop.connection.execute("DROP TABLE days")


def test_a_dropped_index_comes_back_as_it_was(shop: Shop, run: Run):
    shop.connection.execute("CREATE INDEX spare ON orders (state, total DESC) WHERE deleted_at IS NULL")
    [made] = [one for one in shop.catalogue().tables["orders"].indexes if one.name == "spare"]
    text = write_migration(
        "drop-unused", "DROP INDEX CONCURRENTLY spare", {"made_by": made.definition}, "Drop it", "0042", "x3"
    )
    run(text, "upgrade")
    assert "spare" not in shop.names()
    run(text, "downgrade")
    [again] = [one for one in shop.catalogue().tables["orders"].indexes if one.name == "spare"]
    assert again.definition == made.definition


def test_the_page_sends_it_as_a_file_that_follows_the_newest_revision(pat: Person):
    number = advise(pat, name="ix_orders_email")
    answer = pat.get(f"/slow-queries/advice/{number}/migration.py")
    head = pat.world.sql.execute("SELECT version_num FROM alembic_version").fetchone()["version_num"]
    assert f'down_revision = "{head}"' in answer.text
    assert "postgresql_concurrently=True" in answer.text
    assert f'filename="advice_{number}.py"' in answer.headers["Content-Disposition"]
    compile(answer.text, "migration.py", "exec")
