"""Generic plans: of texts whose constants became parameters, and of nothing that is no statement with a plan."""

from collections.abc import Iterator

import pytest
from flask import Flask

from app.queries.plans.ask import ask_plan, can_be_planned
from app.queries.plans.link import Planners, planners
from app.queries.plans.repair import repair_text
from app.queries.server.texts import fingerprint, safe_text

# As people write them: PostgreSQL's counters hold them with $1 in the place of each constant.
WRITTEN = [
    "SELECT number FROM orders WHERE placed_at > now() - interval '5 days'",
    "SELECT number FROM orders WHERE placed_at > timestamptz '2026-01-01' AND placed_at < date '2026-02-01'",
    "SELECT number FROM orders WHERE placed_at > timestamp with time zone '2026-01-01 00:00+00'",
    "SELECT extract(year FROM placed_at), count(*) FROM orders GROUP BY 1",
    "SELECT date_trunc('day', placed_at), count(*) FROM orders GROUP BY date_trunc('day', placed_at)",
    "SELECT date_trunc('day', placed_at AT TIME ZONE 'UTC') AS day, count(*) FROM orders GROUP BY date_trunc('day', placed_at AT TIME ZONE 'UTC') ORDER BY date_trunc('day', placed_at AT TIME ZONE 'UTC')",
    "SELECT coalesce(number, 0) + 1, 'a' || 'b' FROM orders",
    "SELECT jsonb_build_object('a', 1, 'b', number) FROM orders",
    "SELECT concat('a', 'b'), format('%s', number) FROM orders LIMIT 5 OFFSET 10",
    "SELECT number FROM orders WHERE number IN (1, 2, 3) OR number = ANY('{4,5}') OR number BETWEEN 6 AND 7",
    "SELECT CASE WHEN number > 5 THEN 'many' ELSE 'few' END FROM orders ORDER BY 1 DESC",
    "SELECT substring(customer_name FROM 1 FOR 3), position('x' IN customer_name), trim('x' FROM customer_name) FROM orders",
    "WITH first AS (SELECT number FROM orders LIMIT 1) SELECT * FROM first UNION ALL SELECT 2",
    "SELECT generate_series(1, 10), array[1, 2], row(1, 'a')",
    "SELECT greatest(1, 2, number), nullif(number, 3), 5::numeric(10, 2) FROM orders",
    "SELECT count(*) FILTER (WHERE number > 5), percentile_cont(0.5) WITHIN GROUP (ORDER BY number) FROM orders",
    "SELECT number FROM orders WHERE customer_name LIKE 'a%' AND customer_name ~ '^a' AND NOT (number = 4)",
    "SELECT number, 5 FROM orders UNION ALL (SELECT DISTINCT ON (number) number, 0 FROM orders WHERE state <> 'new')",
    "SELECT CAST(placed_at AS date) - 1 FROM orders UNION SELECT CAST(placed_at AS date) FROM orders",
    "UPDATE orders SET number = number + 1 WHERE number = 3",
    "DELETE FROM query_plans WHERE seen = 3 RETURNING id",
]
NEVER = [
    "COMMIT", "SET x = 1", "CREATE TABLE t (a int)", "SELECT 1; SELECT 2", "SELECT 1; COMMIT; DROP TABLE orders",
    "EXPLAIN SELECT 1", "COPY orders TO STDOUT", "", "no SQL at all", "DO $$BEGIN END$$",
]  # fmt: skip


@pytest.fixture
def links(app: Flask) -> Iterator[Planners]:
    with app.app_context(), planners() as made:
        yield made


@pytest.mark.parametrize("text", WRITTEN)
def test_a_text_with_parameters_for_constants_has_a_plan(links: Planners, text: str):
    plan = ask_plan(links.of("qd_app", 1), safe_text(text))
    assert plan is not None
    assert plan["Plan"]["Total Cost"] > 0


@pytest.mark.parametrize("text", NEVER)
def test_nothing_else_is_asked(links: Planners, text: str):
    assert not can_be_planned(text)
    assert ask_plan(links.of("qd_app", 1), text) is None


@pytest.mark.parametrize("text", WRITTEN)
def test_mending_a_text_leaves_its_fingerprint(text: str):
    assert fingerprint(repair_text(safe_text(text))) == fingerprint(text)
