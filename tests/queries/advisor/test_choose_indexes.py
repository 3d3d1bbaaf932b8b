"""Each kind of index is proposed where it is the best one, and none where none is right."""

from app.queries.advisor.types import Writes
from tests.queries.advisor.shop import Shop, ask


def test_equal_columns_make_one_index(shop: Shop):
    assert shop.bodies("SELECT * FROM orders WHERE email = $1", rows=1) == ["orders (email)"]


def test_the_order_of_a_page_follows_what_is_equal(shop: Shop):
    page = "SELECT * FROM orders WHERE company_id = $1 ORDER BY placed_at DESC LIMIT $2"
    assert shop.bodies(page) == ["orders (company_id, placed_at)"]


def test_mixed_directions_are_kept(shop: Shop):
    page = "SELECT * FROM orders WHERE company_id = $1 ORDER BY placed_at DESC, id LIMIT $2"
    assert shop.bodies(page) == ["orders (company_id, placed_at DESC, id)"]


def test_a_join_gets_the_column_it_joins_by(shop: Shop):
    text = "SELECT l.* FROM orders o JOIN lines l ON l.order_id = o.id WHERE o.id = $1"
    assert shop.bodies(text, rows=2) == ["lines (order_id)"]


def test_a_function_of_a_column_is_indexed_as_such(shop: Shop):
    assert shop.bodies("SELECT * FROM orders WHERE lower(email) = $1", rows=1) == ["orders ((lower(email)))"]


def test_what_is_wanted_of_few_rows_makes_a_partial_index(shop: Shop):
    [body] = shop.bodies("SELECT * FROM orders WHERE deleted_at IS NOT NULL ORDER BY placed_at LIMIT $1", rows=50)
    assert body.endswith("WHERE (deleted_at IS NOT NULL)")


def test_few_columns_are_held_in_the_index(shop: Shop):
    [body] = shop.bodies("SELECT sum(total) FROM orders WHERE company_id = $1", rows=1)
    assert body == "orders (company_id) INCLUDE (total)"


def test_words_inside_text_make_a_trigram_index(shop: Shop):
    [body] = shop.bodies("SELECT id FROM notes WHERE body ILIKE $1", rows=3)
    assert "USING gin (body gin_trgm_ops)" in body


def test_a_span_of_what_lies_in_order_makes_a_block_range_index(shop: Shop):
    found = shop.bodies(
        "SELECT avg(value) FROM readings WHERE at >= $1 AND at < $2", rows=1,
        writes={"readings": Writes(inserts=2_000_000)},
    )  # fmt: skip
    assert found == ["readings USING brin (at)"]


def test_one_index_serves_two_statements(shop: Shop):
    found = shop.bodies(
        "SELECT * FROM orders WHERE company_id = $1 ORDER BY placed_at DESC LIMIT $2",
        "SELECT count(*) FROM orders WHERE company_id = $1 AND placed_at >= $2",
    )
    assert found == ["orders (company_id, placed_at)"]


def test_a_small_table_gets_none(shop: Shop):
    assert shop.bodies("SELECT * FROM small WHERE kind = $1") == []


def test_a_table_that_is_mostly_written_gets_none(shop: Shop):
    assert (
        shop.bodies("SELECT * FROM orders WHERE email = $1", calls=1, writes={"orders": Writes(inserts=100_000)}) == []
    )


def test_what_is_there_already_is_not_proposed(shop: Shop):
    shop.connection.execute("CREATE INDEX mine ON orders (email, id)")
    assert shop.bodies("SELECT * FROM orders WHERE email = $1") == []


def test_an_index_that_makes_another_statement_dearer_is_refused(shop: Shop):
    found = shop.look([ask("SELECT * FROM orders WHERE company_id = $1 ORDER BY placed_at DESC LIMIT $2")])
    for effect in found.proposals[0].effects:
        assert effect.after < effect.before
    everything = shop.look([ask(f"SELECT * FROM orders WHERE company_id = $1 AND {more}") for more in (
        "state = $2", "total > $2", "placed_at < $2 ORDER BY number LIMIT 5", "email = $2",
    )])  # fmt: skip
    names = [one.option.added.name for one in everything.proposals]
    for one in everything.planned.values():
        assert shop.backend.plan(one.text, with_indexes=names)["Total Cost"] <= one.cost * 1.05 + 0.01


def test_what_was_stopped_by_a_limit_counts_though_postgresql_never_counted_it(shop: Shop):
    found = shop.look([ask("SELECT * FROM orders WHERE email = $1", calls=0, total_ms=0.0, timeouts=4)])
    assert [one.option.candidate.body for one in found.proposals] == ["orders (email)"]


def test_a_changed_row_counts_only_where_the_index_has_its_column():
    writes = Writes(inserts=10, updates=((frozenset({"state"}), 100),), hot_share=1.0)
    assert writes.entries_for(frozenset({"email"})) == 10
    assert writes.entries_for(frozenset({"state"})) == 110
