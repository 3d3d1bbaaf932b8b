"""A plan as rows: what each node took itself, which one is to blame, and what it does in our words."""

from typing import Any

from app.queries.plans.nodes import columns_of, enumerate_few
from app.queries.plans.shown import compare
from app.queries.plans.tree import read_tree


def node(kind: str, cost: float, rows: int, *below: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"Node Type": kind, "Total Cost": cost, "Plan Rows": rows, "Plans": list(below), **more}


def ran(ms: float, rows: int, loops: int = 1, hit: int = 0, read: int = 0) -> dict[str, Any]:
    return {
        "Actual Total Time": ms, "Actual Rows": rows, "Actual Loops": loops,
        "Shared Hit Blocks": hit, "Shared Read Blocks": read,
    }  # fmt: skip


SCAN = node(
    "Seq Scan", 900, 10, **{"Relation Name": "order_lines", "Filter": "((company_id = $1) AND (sku ~~ $2))"},
    **ran(21.9, 182, read=240, hit=10), **{"Rows Removed by Filter": 11_000},
)  # fmt: skip
LOOKUP = node(
    "Index Scan", 50, 1, **{"Relation Name": "orders", "Index Name": "pk_orders", "Index Cond": "(orders.id = l.order_id)"},
    **ran(0.02, 1, loops=182, hit=546),
)  # fmt: skip
LOOP = node("Nested Loop", 1000, 10, SCAN, LOOKUP, **ran(26.0, 182, hit=556, read=240))
SORT = node(
    "Sort", 1005, 10, LOOP, **{"Sort Key": ["orders.revenue DESC"], "Sort Space Used": 34, "Sort Space Type": "Memory"},
    **ran(28.0, 182, hit=556, read=240),
)  # fmt: skip
PLAN = {"Plan": SORT, "Execution Time": 28.3, "Planning Time": 0.4, "Settings": {"jit": "off"}}


def test_own_figures_are_without_what_a_node_stands_on():
    tree = read_tree(PLAN)
    own = {one.kind: (round(one.own_ms or 0, 2), one.blocks, one.blocks_read) for one in tree.nodes}
    assert own == {
        "Sort": (2.0, 0, 0), "Nested Loop": (0.46, 0, 0), "Seq Scan": (21.9, 250, 240), "Index Scan": (3.64, 546, 0),
    }  # fmt: skip
    assert [one.depth for one in tree.nodes] == [0, 1, 2, 2]
    assert (tree.is_run, tree.execution_ms, tree.rows, tree.blocks) == (True, 28.3, 182, 796)


def test_rows_count_all_runs_of_a_node():
    lookup = read_tree(PLAN).nodes[3]
    assert (lookup.rows, lookup.expected) == (182, 182)


def test_the_node_that_takes_most_is_to_blame():
    tree = read_tree(PLAN)
    assert tree.worst is not None
    assert (tree.worst.kind, tree.worst.target) == ("Seq Scan", "on order_lines")
    assert tree.worst.notes[0] == "reads 11,182 rows to keep 182"
    assert tree.worst.sentence == ("Reads every row of order_lines, one after another. Reads 11,182 rows to keep 182.")
    assert round(sum(one.share for one in tree.nodes)) == 100


def test_without_a_run_the_share_is_of_the_planners_cost():
    bare = {
        "Plan": node("Limit", 1000, 5, node("Seq Scan", 990, 100, **{"Relation Name": "users", "Filter": "(x = $1)"}))
    }
    tree = read_tree(bare)
    assert (tree.is_run, tree.is_timed, tree.execution_ms) == (False, False, None)
    assert [round(one.own_cost) for one in tree.nodes] == [10, 990]
    assert tree.nodes[1].is_worst
    assert tree.nodes[1].notes == ["keeps what fits x"]


def test_a_node_alone_is_never_to_blame():
    assert read_tree({"Plan": node("Result", 0.01, 1)}).worst is None


def test_time_of_several_processes_is_not_added_up():
    inner = node("Seq Scan", 90, 10, **{"Relation Name": "users", "Parallel Aware": True}, **ran(10.0, 5, loops=2))
    gather = node("Gather", 100, 10, inner, **{"Workers Planned": 1, "Workers Launched": 1}, **ran(12.0, 10))
    top, below = read_tree({"Plan": gather}).nodes
    assert (round(top.own_ms or 0, 1), round(below.own_ms or 0, 1)) == (2.0, 10.0)
    assert (below.name, top.notes) == ("Parallel sequential scan", ["1 more process"])


def test_words_are_said_as_people_say_them():
    sort = read_tree(PLAN).nodes[0]
    assert (sort.name, sort.target, sort.notes) == ("Sort", "by revenue DESC", ["in memory, 34 kB"])
    lookup = read_tree(PLAN).nodes[3]
    assert (lookup.name, lookup.target, lookup.notes) == ("Index scan", "pk_orders on orders", ["by id"])
    assert columns_of("((company_id = (NULLIF(current_setting(?, true), ?))::bigint) AND ((name)::text ~~ $1))") == [
        "company_id", "name",
    ]  # fmt: skip
    assert enumerate_few(["a", "b", "c", "d", "e", "f"]) == "a, b, c, d and 2 more"
    assert enumerate_few(["a", "b", "c"]) == "a, b and c"
    assert enumerate_few([]) == ""


def test_two_plans_are_compared_node_by_node():
    by_index = {"Plan": {**SORT, "Plans": [{**LOOP, "Plans": [{**LOOKUP, "Index Name": "ix_new"}, LOOKUP]}]}}
    signs = [(one.sign, one.node.kind) for one in compare(read_tree(PLAN), read_tree(by_index))]
    assert signs == [("", "Sort"), ("", "Nested Loop"), ("-", "Seq Scan"), ("+", "Index Scan"), ("", "Index Scan")]


def part(relation: str, kind: str, cost: float, rows: int, *below: dict[str, Any], **more: Any) -> dict[str, Any]:
    return node(kind, cost, rows, *below, **{"Parent Relationship": relation}, **more)


def own_costs(plan: dict[str, Any]) -> dict[str, float]:
    return {one.kind: round(one.own_cost, 2) for one in read_tree({"Plan": plan}).nodes}


def test_what_is_run_for_each_row_costs_as_often():
    loop = node("Nested Loop", 2000, 100, part("Outer", "Seq Scan", 90, 100), part("Inner", "Index Scan", 18, 1))
    assert own_costs(loop) == {"Nested Loop": 110, "Seq Scan": 90, "Index Scan": 1800}
    tree = read_tree({"Plan": loop})
    assert tree.worst is not None
    assert (tree.worst.kind, tree.nodes[0].title) == ("Index Scan", "nested loop")


def test_what_is_kept_or_remembered_costs_no_more_than_what_it_stands_below():
    kept = part("Inner", "Materialize", 30, 10, part("Outer", "Index Scan", 25, 10))
    loop = node("Nested Loop", 2000, 1000, part("Outer", "Seq Scan", 90, 100), kept)
    assert own_costs(loop) == {"Nested Loop": 1880, "Seq Scan": 90, "Materialize": 5, "Index Scan": 25}
    remembered = part("Inner", "Memoize", 8, 1, part("Outer", "Index Scan", 7, 1))
    loop = node("Nested Loop", 490, 1000, part("Outer", "Seq Scan", 90, 100), remembered)
    assert own_costs(loop) == {"Nested Loop": 0, "Seq Scan": 90, "Memoize": 50, "Index Scan": 350}


def test_under_a_limit_nothing_costs_more_than_the_whole():
    loop = node("Nested Loop", 5000, 100, part("Outer", "Seq Scan", 1000, 100), part("Inner", "Index Scan", 30, 1))
    limit = node("Limit", 500, 10, {**loop, "Parent Relationship": "Outer"})
    assert own_costs(limit) == {"Limit": 0, "Nested Loop": 100, "Seq Scan": 100, "Index Scan": 300}


def test_a_subquery_for_each_row_costs_as_often_and_a_hashed_one_once():
    inner = part("SubPlan", "Seq Scan", 10, 1, **{"Subplan Name": "SubPlan 1"})
    each = node("Index Scan", 1100, 100, inner)
    assert own_costs(each) == {"Index Scan": 100, "Seq Scan": 1000}
    hashed = node("Index Scan", 1100, 100, inner, Filter="(NOT (ANY (id = (hashed SubPlan 1).col1)))")
    assert own_costs(hashed) == {"Index Scan": 1090, "Seq Scan": 10}


def test_a_plan_that_costs_little_blames_nobody():
    assert read_tree({"Plan": node("Limit", 59, 5, part("Outer", "Seq Scan", 58, 100))}).worst is None
