"""Conditions are read as PostgreSQL prints them, and a statement is planned with the LIMIT it usually has."""

import pytest

from app.queries.advisor.expressions import read_conditions, read_keys
from app.queries.advisor.scans import typical
from app.queries.advisor.types import Candidate, Key
from tests.queries.advisor.shop import Shop, ask

COLUMNS = frozenset({"company_id", "state", "email", "placed_at", "id", "deleted_at", "active", "name"})
POLICY = "(NULLIF(current_setting('qd.company_id'::text, true), ''::text))::bigint"


@pytest.mark.parametrize(("text", "kind", "expression", "predicate"), [
    (f"(o.company_id = {POLICY})", "eq", "company_id", ""),
    ("(o.state = ANY ($2))", "in", "state", ""),
    ("(lower((o.email)::text) = $3)", "eq", "lower((email)::text)", ""),
    ("($2 > o.placed_at)", "range", "placed_at", ""),
    ("(ROW(o.placed_at, o.id) < ROW($1, $2))", "range", "placed_at", ""),
    ("(o.deleted_at IS NULL)", "null", "deleted_at", "(deleted_at IS NULL)"),
    ("(NOT o.active)", "eq", "active", "(NOT active)"),
    ("(l.order_id = o.id)", "join", "id", ""),
    ("(o.name ~~* $1)", "like", "name", ""),
    ("((o.state)::text = 'open'::text)", "eq", "state", "((state)::text = ('open')::text)"),
])  # fmt: skip
def test_a_condition_says_what_an_index_could_serve(text, kind, expression, predicate):
    [found] = read_conditions(text, "o", COLUMNS)
    assert (found.kind, found.expression, found.predicate) == (kind, expression, predicate)


@pytest.mark.parametrize(
    "text", ["(hashed SubPlan 1)", "(ANY (o.id = (hashed SubPlan 1).col1))", "(p.id = $1)", "not sql ("]
)
def test_what_no_index_serves_is_left_out(text):
    assert read_conditions(text, "o", COLUMNS) == []


def test_an_order_is_read_with_its_directions():
    assert read_keys(["o.placed_at DESC NULLS LAST", "o.id"], "o", COLUMNS) == (
        Key("placed_at", is_desc=True), Key("id"),
    )  # fmt: skip
    assert read_keys(["o.placed_at", "p.id"], "o", COLUMNS) is None


def test_a_limit_is_what_calls_return_and_parameters_stay_in_a_row():
    query = ask("SELECT * FROM orders WHERE id > $1 LIMIT $2 OFFSET $3", rows=50)
    assert typical(query) == "SELECT * FROM orders WHERE id > $1 LIMIT 50 OFFSET 0"
    late = ask("SELECT * FROM (SELECT * FROM orders LIMIT $1) o WHERE id > $2", rows=7)
    assert typical(late) == "SELECT * FROM (SELECT * FROM orders LIMIT 7) o WHERE id > $1"


@pytest.mark.parametrize(("asked", "planned"), [
    ("SELECT count(*) FROM (SELECT 1 FROM orders LIMIT $1) o", "SELECT count(*) FROM (SELECT 1 FROM orders LIMIT $1) o"),
    ("SELECT state, count(*) FROM (SELECT * FROM orders LIMIT $1) o GROUP BY state LIMIT $2",
     "SELECT state, count(*) FROM (SELECT * FROM orders LIMIT $1) o GROUP BY state LIMIT 1"),
    ("SELECT id, (SELECT count(*) FROM lines) FROM (SELECT * FROM orders LIMIT $1) o",
     "SELECT id, (SELECT count(*) FROM lines) FROM (SELECT * FROM orders LIMIT 1) o"),
])  # fmt: skip
def test_how_many_rows_a_sum_returns_says_nothing_of_what_it_sums_up(asked, planned):
    assert typical(ask(asked, rows=1)) == planned


def test_partitions_are_read_as_one_table(shop: Shop):
    shop.connection.execute("""
        CREATE TABLE days (at date NOT NULL, sensor int NOT NULL, value int) PARTITION BY RANGE (at);
        CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
        CREATE TABLE days_2 PARTITION OF days FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
        INSERT INTO days SELECT '2026-01-01'::date + n % 59, n % 5000, n FROM generate_series(1, 40000) n;
        ANALYZE days;
    """)
    try:
        catalogue = shop.catalogue()
        assert catalogue.table_of("days_2") is catalogue.tables["days"]
        assert catalogue.tables["days"].partitions == ("days_1", "days_2")
        assert catalogue.tables["days"].rows == 40000
    finally:
        shop.connection.execute("DROP TABLE days")


def test_a_name_says_what_is_in_it_and_two_indexes_have_two_names():
    plain = Candidate("orders", (Key("company_id"), Key("placed_at")))
    covering = Candidate("orders", plain.keys, ("total",))
    assert plain.name == "ix_orders_company_id_placed_at"
    assert covering.name != plain.name
    assert len(Candidate("orders" * 8, plain.keys * 4).name) <= 63
