"""A plan's shape is what it reads by what, not what it costs, nor which day's partition it is."""

from typing import Any

from app.queries.plans.redact import redact
from app.queries.plans.structure import difference, structure_of


def scan(table: str, index: str = "", cost: float = 100.0, **more: Any) -> dict[str, Any]:
    node = {"Node Type": "Index Scan" if index else "Seq Scan", "Relation Name": table, "Total Cost": cost, **more}
    return {**node, "Index Name": index} if index else node


def append(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"Node Type": "Append", "Total Cost": sum(one["Total Cost"] for one in parts), "Plans": list(parts)}


def shape(node: dict[str, Any]) -> str:
    return structure_of({"Plan": node})


def test_figures_make_no_difference():
    assert shape(scan("orders", cost=1.0, **{"Plan Rows": 5})) == shape(scan("orders", cost=9.0, **{"Plan Rows": 7}))


def test_another_index_or_table_does():
    shapes = {shape(scan("orders")), shape(scan("orders", "ix_a")), shape(scan("orders", "ix_b")), shape(scan("items"))}
    assert len(shapes) == 4


def test_partitions_count_as_their_table_however_many_there_are():
    one = append(scan("log_20261121", "log_20261121_at_idx"), scan("log_20261122", "log_20261122_at_idx"))
    other = append(scan("log_20261122", "log_20261122_at_idx"))
    assert shape(one) == shape(other) == shape(scan("log_20261130", "log_20261130_at_idx"))


def test_a_partition_that_is_as_good_as_empty_does_not_count():
    full, empty = scan("log_20261121", "log_20261121_at_idx"), scan("log_default", cost=0.5)
    assert shape(append(full, empty)) == shape(append(full))


def test_the_difference_is_said_by_tables_and_indexes():
    said = difference({"Plan": scan("orders", "ix_orders_state")}, {"Plan": scan("orders")})
    assert said == "PostgreSQL does Seq Scan on orders instead of Index Scan on orders by ix_orders_state."


def test_conditions_lose_their_constants_and_keep_their_columns():
    plan = {
        "Plan": scan(
            "orders", "ix_2026", Filter="((state = 'new'::text) AND (number > 5) AND (at > $1))", Output=["'x'::text"]
        ),
        "Query Identifier": -(2**62),
    }
    assert redact(plan) == {
        "Plan": scan(
            "orders", "ix_2026", Filter="((state = ?::text) AND (number > ?) AND (at > $1))", Output=["?::text"]
        ),
        "Query Identifier": str(-(2**62)),
    }
