"""What a plan costs, what a call of it is worth, and which index matters most."""

from dataclasses import replace

import pytest

from app.queries.advisor.advise import Look
from app.queries.advisor.backend import Added
from app.queries.advisor.candidates import candidates_of
from app.queries.advisor.choose import Option, choose
from app.queries.advisor.prices import Prices, cost_of, parts_of
from app.queries.advisor.rank import ranked, without_idle
from app.queries.advisor.scans import read_scans
from app.queries.advisor.types import Candidate, Key, Query
from tests.queries.advisor.shop import Shop, ask

WAITING = "SELECT * FROM orders WHERE deleted_at IS NOT NULL ORDER BY placed_at LIMIT 5"


def test_rows_passed_over_on_the_way_to_the_first_few_are_not_taken_to_lie_evenly(shop: Shop):
    shop.connection.execute("CREATE INDEX by_day ON orders (placed_at)")
    plan = shop.backend.plan(WAITING)
    rest = cost_of(plan["Plans"][0]) - cost_of(plan)
    assert "Filter" in plan["Plans"][0]
    assert Prices(shop.catalogue(), shop.backend).of(plan) == pytest.approx(cost_of(plan) + rest * 0.1 * 0.99, rel=0.01)


def test_an_index_of_just_those_rows_needs_no_luck(shop: Shop):
    shop.connection.execute("CREATE INDEX waiting ON orders (placed_at) WHERE deleted_at IS NOT NULL")
    plan = shop.backend.plan(WAITING)
    assert plan["Plans"][0]["Index Name"] == "waiting"
    assert Prices(shop.catalogue(), shop.backend).of(plan) == cost_of(plan)


@pytest.mark.parametrize(
    ("keys", "lucky"), [("company_id, placed_at, total", True), ("company_id, total, placed_at", False)]
)
def test_a_condition_behind_the_order_is_passed_over_within_the_index(shop: Shop, keys: str, lucky: bool):
    shop.connection.execute(f"CREATE INDEX wide ON orders ({keys}, email)")
    text = f"SELECT {keys} FROM orders WHERE company_id = $1 AND total > $2 AND placed_at > $3 ORDER BY {keys} LIMIT 5"
    plan, prices = shop.backend.plan(text), Prices(shop.catalogue(), shop.backend)
    passed = list(prices.passed_over(plan["Plans"][0]))
    assert len(passed) == 1
    assert ("total" in passed[0]) is lucky
    assert prices.of(plan) > cost_of(plan)


def test_calls_that_touched_few_pages_are_known_to_be_lucky(shop: Shop):
    shop.connection.execute("CREATE INDEX by_day ON orders (placed_at)")
    prices, plan = Prices(shop.catalogue(), shop.backend), shop.backend.plan(WAITING)
    query = ask(WAITING)
    assert prices.known(plan, query) == prices.of(plan)
    assert prices.known(plan, replace(query, blocks=4 * query.calls)) == cost_of(plan)
    assert prices.known(plan, replace(query, blocks=90_000 * query.calls)) == prices.of(plan)


def test_conditions_are_taken_apart_as_they_are_printed():
    assert list(parts_of("((a = 1) AND (b ~ ') AND ('))")) == ["(a = 1)", "(b ~ ') AND (')"]
    assert list(parts_of("((a = 1) OR (b = 2))")) == ["(a = 1) OR (b = 2)"]
    assert list(parts_of("")) == []


def test_a_call_is_worth_the_pages_it_touched_and_shares_them_with_what_it_runs_inside(shop: Shop):
    text = "SELECT * FROM orders WHERE email = $1"
    outer = replace(ask(text, calls=10), fingerprint="f", blocks=10 * 3000)
    look = Look(shop.catalogue(), shop.backend, {})
    look.plan_all([outer, replace(outer, fingerprint="f inner 0"), replace(outer, fingerprint="lone", blocks=0)])
    shares = {name: one.cost * one.weight for name, one in look.found.planned.items()}
    assert shares["f"] + shares["f inner 0"] == pytest.approx(30_000)
    assert look.found.planned["lone"].weight == 10


def test_a_call_that_was_stopped_counts_as_much_as_anything_can(shop: Shop):
    stopped = replace(ask("SELECT * FROM orders WHERE email = $1", calls=4, timeouts=4), blocks=4 * 3)
    look = Look(shop.catalogue(), shop.backend, {})
    look.plan_all([stopped])
    assert look.found.planned[stopped.fingerprint].weight == 4 * 50


def option(name: str, write_cost: float = 0.0) -> Option:
    """An index that is called so."""
    return Option(Candidate("orders", (Key(name),)), Added(name, 0), {}, write_cost)


def test_two_indexes_that_serve_together_are_both_kept_and_what_saves_little_goes():
    left, right, idle = option("left"), option("right"), option("idle")

    def whole(some: list[Option]) -> float:
        names = {one.added.name for one in some}
        return 1000.0 - 900.0 * (names >= {"left", "right"}) - 3.0 * ("idle" in names)

    assert without_idle([left, idle, right], whole, 5.0) == [left, right]  # type: ignore[arg-type]
    assert without_idle([left, idle, right], whole, 2.0) == [left, idle, right]  # type: ignore[arg-type]
    order = ranked([idle, left, right], whole)  # type: ignore[arg-type]
    assert (order[-1][0].added.name, order[-1][1]) == ("idle", 3.0)


DEAR = replace(ask("SELECT * FROM orders WHERE email = $1", rows=1), blocks=1500 * 1000)
CHEAP = replace(ask("SELECT * FROM lines WHERE sku = $1", calls=3, rows=1, total_ms=900.0), blocks=3 * 700)


@pytest.mark.parametrize(("asked", "advised"), [([CHEAP], ["lines"]), ([DEAR, CHEAP], ["orders"])])
def test_an_index_that_saves_a_trifle_of_all_is_not_proposed(shop: Shop, asked: list[Query], advised: list[str]):
    found = shop.look(asked)
    assert [one.table.name for one in found.proposals] == advised
    assert found.proposals[0].share > 0.5


@pytest.mark.parametrize(("listed", "behind"), [("IN ('new', 'packed')", False), ("= ANY ($2)", True)])
def test_what_is_listed_stands_behind_the_order_only_where_it_can_not_choose_the_rows(
    shop: Shop, listed: str, behind: bool
):
    text, catalogue = (
        f"SELECT * FROM orders WHERE company_id = $1 AND state {listed} ORDER BY placed_at LIMIT 20",
        shop.catalogue(),
    )
    scans = read_scans(ask(text), shop.backend.plan(text), catalogue)
    bodies = [one.body for one in candidates_of(catalogue.tables["orders"], scans)]
    assert ("orders (company_id, placed_at, state)" in bodies) is behind
    assert any(body.startswith("orders (company_id, placed_at) WHERE") for body in bodies) is not behind


def test_an_index_of_all_rows_does_not_stand_in_for_one_of_few(shop: Shop):
    shop.connection.execute("CREATE INDEX all_of_them ON orders (company_id, id)")
    text, catalogue = (
        "SELECT count(*) FROM orders WHERE company_id = $1 AND (total = 7 OR deleted_at IS NOT NULL)",
        shop.catalogue(),
    )
    scans = read_scans(ask(text), shop.backend.plan(text), catalogue)
    bodies = [one.body for one in candidates_of(catalogue.tables["orders"], scans)]
    assert "orders (company_id) WHERE ((total = 7) OR (deleted_at IS NOT NULL))" in bodies
    assert "orders (company_id)" not in bodies


def test_of_sets_that_are_about_as_good_the_smallest_is_chosen():
    costs = {"statement": 10.0}
    large = Option(Candidate("orders", (Key("large"),)), Added("large", 9_000_000), costs, 1.0)
    small = Option(Candidate("orders", (Key("small"),)), Added("small", 4_000_000), costs, 1.5)
    found = choose({"statement": 1000.0}, {"statement": 10.0}, [large, small], lambda some: dict(some[0].costs))
    assert found == (small,)
