"""Indexes that are there for nothing are named; what must stay never is."""

from datetime import UTC, datetime, timedelta

from app.queries.advisor.advise import Look
from app.queries.advisor.housekeeping import Removal, find_removals
from app.queries.advisor.types import Query
from tests.queries.advisor.shop import Shop, ask

NOW = datetime(2026, 11, 22, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=30)


def removals(shop: Shop, *queries: Query, since: datetime | None = LONG_AGO) -> dict[str, Removal]:
    """What could go, by the index's name."""
    look = Look(shop.catalogue(), shop.backend, {})
    planned = look.run(list(queries)).planned
    shop.backend.drop_hidden()
    found = find_removals(shop.catalogue(), look.prices, planned, NOW, since)
    return {one.index.name: one for one in found}


def test_an_index_that_begins_another_is_a_duplicate(shop: Shop):
    shop.connection.execute("CREATE INDEX short ON orders (company_id)")
    shop.connection.execute("CREATE INDEX long ON orders (company_id, placed_at)")
    found = removals(shop, ask("SELECT * FROM orders WHERE company_id = $1 ORDER BY placed_at DESC LIMIT $2"))
    assert (found["short"].kind, found["short"].beside) == ("drop-duplicate", "long")
    assert found["long"].kind == "drop-unused"


def test_a_unique_index_is_no_duplicate_of_a_longer_one(shop: Shop):
    shop.connection.execute("CREATE UNIQUE INDEX one_number ON orders (number)")
    shop.connection.execute("CREATE INDEX longer ON orders (number, id)")
    assert "one_number" not in removals(shop)


def test_other_directions_parts_and_functions_are_no_duplicates(shop: Shop):
    for name, body in {
        "plain": "(company_id, placed_at)", "mixed": "(company_id, placed_at DESC, id)", "part": "(company_id) WHERE deleted_at IS NULL",
        "function": "(lower(email))", "email": "(email)",
    }.items():  # fmt: skip
        shop.connection.execute(f"CREATE INDEX {name} ON orders {body}")
    assert {one.kind for one in removals(shop).values()} == {"drop-unused"}


def test_a_shorter_index_that_a_statement_is_cheaper_with_stays(shop: Shop):
    shop.connection.execute("CREATE INDEX narrow ON orders (company_id)")
    shop.connection.execute("CREATE INDEX wide ON orders (company_id, note, email)")
    found = removals(shop, ask("SELECT count(*) FROM orders WHERE company_id = $1", rows=1))
    assert found.get("narrow") is None or found["narrow"].kind != "drop-duplicate"


def test_nothing_is_unused_before_a_week_was_watched(shop: Shop):
    shop.connection.execute("CREATE INDEX nobody ON orders (note)")
    early = removals(shop, since=NOW - timedelta(hours=30))["nobody"]
    assert early.why_not == "Scans are counted for 30 hours only; a week is needed."
    assert removals(shop)["nobody"].why_not == ""


def test_keys_and_what_foreign_keys_need_stay(shop: Shop):
    shop.connection.execute("ALTER TABLE lines ADD CONSTRAINT fk_order FOREIGN KEY (order_id) REFERENCES orders (id)")
    shop.connection.execute("CREATE INDEX by_order ON lines (order_id)")
    shop.connection.execute("CREATE UNIQUE INDEX identity ON orders (number)")
    shop.connection.execute("ALTER TABLE orders REPLICA IDENTITY USING INDEX identity")
    try:
        assert removals(shop) == {}
        shop.connection.execute("CREATE INDEX by_order_and_sku ON lines (order_id, sku)")
        assert removals(shop)["by_order"].beside == "by_order_and_sku"
    finally:
        shop.connection.execute("ALTER TABLE lines DROP CONSTRAINT fk_order")
        shop.connection.execute("ALTER TABLE orders REPLICA IDENTITY DEFAULT")


def test_what_broke_off_is_built_again(shop: Shop):
    shop.connection.execute("CREATE INDEX broken ON orders (note)")
    shop.connection.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'broken'::regclass")
    found = find_removals(shop.catalogue(), shop.backend, {}, NOW, LONG_AGO)
    assert [(one.kind, one.index.name) for one in found] == [("rebuild-invalid", "broken")]
