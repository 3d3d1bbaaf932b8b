"""Forecasts: chosen on weeks the error does not see, tested against doing without a model, honest when that wins."""

import random

from app.forecasts import reads, service
from app.forecasts.backtest import AHEAD, TESTED, judge, try_rule
from app.forecasts.methods import lumps, predict


def test_a_forecast_says_how_far_it_was_off_beside_last_year(ada, sell, mark_now, suggesting):
    rng = random.Random(4)
    # Level doubled half a year ago: last year's weeks know nothing of it.
    item_id = sell(ada, "LAMP", [rng.randint(8, 12) for _ in range(60)] + [rng.randint(18, 22) for _ in range(26)])
    mark_now(ada)
    with ada.acting():
        service.make_forecasts()
        one = reads.forecast_of(item_id)
    assert one.baseline == "last-year"
    assert one.method in {"smoothing", "trend"}
    assert one.error < 0.15
    assert one.baseline_error > 0.4
    assert 18 <= one.per_week <= 22
    assert one.mase < 1.5
    answer = ada.get("/api/inventory/LAMP/forecast")
    assert answer.status_code == 200
    assert answer.json["trust"].startswith(
        f"Off by {round(one.error * 100)}% in the last 8 weeks; the same weeks of last"
    )
    assert len(answer.json["points"]) == 8
    assert answer.json["nextWeek"] == "2026-11-16"


def test_a_model_that_loses_is_not_used_and_that_is_said(ada, sell, mark_now, suggesting):
    year = [5] * 20 + [80, 5, 60, 5, 90, 5, 70, 5] + [5] * 24  # lumps at the same weeks each year
    item_id = sell(ada, "SANTA", (year * 3)[28:132])
    mark_now(ada)
    with ada.acting():
        service.make_forecasts()
        one = reads.forecast_of(item_id)
    if one.method == "season":  # the model with a year's shape is exact here too
        assert one.error <= one.baseline_error
    else:
        assert one.method == one.baseline == "last-year"
        assert one.model_error >= one.error
        assert "so it is not used" in ada.get("/api/inventory/SANTA/forecast").json["trust"]


def test_too_few_weeks_are_not_called_tested(ada, sell, mark_now, suggesting):
    item_id = sell(ada, "NEW", [3, 4, 2, 5, 3])
    mark_now(ada)
    with ada.acting():
        service.make_forecasts()
        one = reads.forecast_of(item_id)
    assert (one.error, one.method, one.tested_weeks) == (None, "recent-mean", 0)
    assert "Not tested: 5 full weeks" in ada.get("/api/inventory/NEW/forecast").json["trust"]


def test_making_them_twice_changes_nothing(ada, sell, mark_now):
    item_id = sell(ada, "CUP", [4, 0, 0, 6, 0, 0, 5, 0, 3, 0, 0, 7, 0, 0, 4, 0, 0, 6, 0, 5, 0, 0, 4, 0, 3, 0])
    mark_now(ada)
    with ada.acting():
        service.make_forecasts()
        first = vars(reads.forecast_of(item_id)).copy()
        service.make_forecasts()
        again = vars(reads.forecast_of(item_id)).copy()
    for gone in ("made_at", "_sa_instance_state"):
        first.pop(gone), again.pop(gone)
    assert first == again


def test_the_week_that_is_not_over_and_cancelled_orders_do_not_count(ada, world, sell, mark_now):
    from tests.forecasts.conftest import NEWEST, make_item, make_order

    item_id = sell(ada, "CUP", [4] * 20)
    make_order(world, ada, NEWEST, {make_item(world, ada, "CUP"): 1000})
    from datetime import timedelta

    make_order(world, ada, NEWEST - timedelta(days=9), {item_id: 500}, state="cancelled")
    with ada.acting():
        service.make_forecasts()
        assert reads.forecast_of(item_id).history == [4.0] * 20


def test_the_model_is_chosen_on_weeks_the_error_does_not_see():
    calm = [10.0, 11.0, 9.0, 10.0] * 6
    one, other = judge([*calm, *[10.0] * TESTED]), judge([*calm, *[500.0] * TESTED])
    assert one.error < 0.1
    assert other.error > 0.3
    assert len(try_rule("recent-mean", calm, len(calm)).misses) == (TESTED - AHEAD + 1) * AHEAD


def test_lumpy_demand_is_smoothed_by_size_and_gap_apart():
    # Six units every third week is two a week, less the correction for the bias of Croston's quotient.
    history = [0.0, 0.0, 6.0] * 12
    assert 1.8 < lumps(history, 1)[0] < 2.0
    assert predict("lumps", [0.0] * 12, 3) == [0.0] * 3


def test_another_company_and_those_without_the_flag_see_none(ada, cleo, vera, sell, mark_now, suggesting):
    sell(ada, "LAMP", [5] * 20)
    mark_now(ada)
    with ada.acting():
        service.make_forecasts()
    assert vera.get("/api/inventory/LAMP/forecast").status_code == 200
    refused = cleo.get("/api/inventory/LAMP/forecast")
    assert (refused.status_code, refused.json["code"]) == (403, "feature-off")
