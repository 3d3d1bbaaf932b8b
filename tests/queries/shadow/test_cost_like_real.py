"""What the shadow says of an index, beside what PostgreSQL says when the index is really built."""

from collections.abc import Iterator
from statistics import median
from typing import Any

import psycopg
import pytest
from flask import Flask

from app.queries.shadow.cluster import shadow
from tests.services import Services
from tests.stage import TEMPLATE

ROWS = """
CREATE TABLE sales (id bigint PRIMARY KEY, shop int NOT NULL, buyer int NOT NULL,
  state text NOT NULL CHECK (state IN ('new', 'paid', 'sent', 'back')),
  at timestamptz NOT NULL, total numeric NOT NULL, note text NOT NULL, returned int NOT NULL DEFAULT 0);
INSERT INTO sales SELECT n, n % 50, (n * 7919) % 20000,
  CASE WHEN n % 40 = 0 THEN 'back' WHEN n % 9 = 0 THEN 'new' WHEN n % 7 = 0 THEN 'paid' ELSE 'sent' END,
  timestamptz '2026-01-01' + n * interval '1 minute', n % 1000, md5(n::text), CASE WHEN n % 60 = 0 THEN 1 + n % 7 ELSE 0 END
  FROM generate_series(1, 120000) n;
CREATE TABLE sale_lines (id bigint PRIMARY KEY, sale_id bigint NOT NULL, sku int NOT NULL, quantity int NOT NULL);
INSERT INTO sale_lines SELECT n, 1 + n % 120000, (n * 31) % 5000, n % 9 FROM generate_series(1, 240000) n;
VACUUM ANALYZE sales; VACUUM ANALYZE sale_lines;
GRANT SELECT ON sales, sale_lines TO qd_app, qd_explain"""
CASES = [
    ("SELECT * FROM sales WHERE buyer = $1", "CREATE INDEX tried ON sales (buyer)"),
    ("SELECT * FROM sales WHERE shop = $1 AND buyer = $2", "CREATE INDEX tried ON sales (shop, buyer)"),
    ("SELECT * FROM sales WHERE shop = $1 ORDER BY at DESC LIMIT 50", "CREATE INDEX tried ON sales (shop, at DESC)"),
    ("SELECT * FROM sales WHERE at > $1 AND at < $2", "CREATE INDEX tried ON sales (at)"),
    ("SELECT * FROM sales WHERE buyer IN ($1, $2, $3)", "CREATE INDEX tried ON sales (buyer)"),
    (
        "SELECT sum(quantity) FROM sale_lines WHERE sku = $1",
        "CREATE INDEX tried ON sale_lines (sku) INCLUDE (quantity)",
    ),
    ("SELECT * FROM sale_lines WHERE sale_id = $1", "CREATE INDEX tried ON sale_lines (sale_id)"),
    (
        "SELECT l.* FROM sales s JOIN sale_lines l ON l.sale_id = s.id WHERE s.id = $1",
        "CREATE INDEX tried ON sale_lines (sale_id)",
    ),
    (
        "SELECT s.id FROM sales s WHERE s.id = $1 AND EXISTS (SELECT 1 FROM sale_lines l WHERE l.sale_id = s.id)",
        "CREATE INDEX tried ON sale_lines (sale_id)",
    ),
    (
        "SELECT id FROM sales WHERE state = 'back' AND buyer = $1",
        "CREATE INDEX tried ON sales (buyer) WHERE state = 'back'",
    ),
    (
        "SELECT id FROM sales WHERE state IN ('new', 'back') ORDER BY at LIMIT 50",
        "CREATE INDEX tried ON sales (at) WHERE state IN ('new', 'back')",
    ),
    (
        "SELECT count(*) FROM sales WHERE shop = $1 AND (state = 'back' OR returned > 0)",
        "CREATE INDEX tried ON sales (shop) WHERE state = 'back' OR returned > 0",
    ),
    ("SELECT * FROM sales WHERE lower(note) = $1", "CREATE INDEX tried ON sales (lower(note))"),
    ("SELECT count(*) FROM sales WHERE shop = $1", "CREATE INDEX tried ON sales (shop)"),
]


@pytest.fixture
def full(app: Flask, services: Services, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A database with rows, and the app looking at it; the superuser's address of it."""
    urls = services.create_database(template=TEMPLATE)
    name = urls["DATABASE_URL"].rpartition("/")[2]
    update = {key.lower(): type(app.config["SETTINGS"].database_url)(url) for key, url in urls.items()}
    monkeypatch.setitem(app.config, "SETTINGS", app.config["SETTINGS"].model_copy(update=update))
    with psycopg.connect(services.superuser_url(name), autocommit=True) as connection:
        for statement in ROWS.split(";\n"):
            for one in statement.split("; "):
                connection.execute(one.encode())
    yield services.superuser_url(name)
    services.drop_database(name)


def nodes(plan: dict[str, Any]) -> list[str]:
    return [plan["Node Type"], *(kind for one in plan.get("Plans", ()) for kind in nodes(one))]


def really_built(connection: psycopg.Connection[Any], text: str, ddl: str) -> tuple[list[str], float, int]:
    """Build the index, plan with it, and take it away again."""
    connection.execute(ddl.encode())
    row = connection.execute(f"EXPLAIN (GENERIC_PLAN, FORMAT JSON) {text}".encode()).fetchone()
    size = connection.execute("SELECT pg_relation_size('tried')").fetchone()
    connection.execute("DROP INDEX tried")
    assert row
    assert size
    plan = row[0][0]["Plan"]
    return nodes(plan), float(plan["Total Cost"]), int(size[0])


def test_plans_and_costs_are_those_of_the_built_index(app: Flask, full: str):
    costs, sizes, same = [], [], 0
    with app.app_context(), shadow() as s, psycopg.connect(full, autocommit=True) as connection:
        for text, ddl in CASES:
            told = s.plan(text, with_indexes=[ddl])["Plan"]
            kinds, cost, size = really_built(connection, text, ddl)
            same += nodes(told) == kinds
            costs.append(abs(told["Total Cost"] - cost) / cost)
            sizes.append(s.add_index(ddl) / size)
            print(f"{ddl[22:]}: cost {told['Total Cost']:.1f}, built {cost:.1f}; size {sizes[-1]:.2f} of the built one")
            print("   ", nodes(told), kinds)
    print(f"same nodes {same} of {len(CASES)}, cost off by {median(costs):.2%} in the middle, {max(costs):.1%} at most")
    assert same / len(CASES) >= 0.9
    assert median(costs) <= 0.02
    assert 0.8 <= median(sizes) <= 1.2


def test_a_company_is_as_large_as_that_of_any_row(app: Flask, full: str):
    with psycopg.connect(full, autocommit=True) as connection:
        connection.execute("CREATE TABLE visits (company_id bigint NOT NULL, page text NOT NULL)")
        connection.execute("""INSERT INTO visits SELECT CASE WHEN n % 2 = 0 THEN 1 ELSE 2 + n % 1000 END, md5(n::text)
            FROM generate_series(1, 40000) n""")
        connection.execute("VACUUM ANALYZE visits")
        connection.execute("GRANT SELECT ON visits TO qd_app, qd_explain")
    with app.app_context(), shadow() as s:
        told = s.plan("SELECT page FROM visits WHERE company_id = $1")["Plan"]
    assert (
        9_000 <= told["Plan Rows"] <= 11_000
    )  # half of the rows are of one that has half: a quarter; 80 of an average one
