"""Reorder points: proposed from the forecast, changed by a person alone, and taken back by Undo."""

from math import ceil

import pytest

from app.forecasts import service
from app.forecasts.service.proposals import point_of


@pytest.fixture
def proposed(ada, sell, mark_now, suggesting):
    """LAMP sells about ten a week and has no reorder point; one is proposed."""
    sell(ada, "LAMP", [10, 12, 9, 11, 8, 10, 12, 10] * 5)
    mark_now(ada)
    with ada.acting():
        service.make_forecasts()
        assert service.propose_points() == 1
    return ada.get("/api/inventory/reorder-points").json["items"][0]


def point(person) -> int:
    return int(person.get("/api/inventory/LAMP").json["reorderPoint"])


def test_a_point_covers_what_is_wanted_meanwhile_and_some_more(ada, proposed):
    forecast = ada.get("/api/inventory/LAMP/forecast").json
    demand, safety = point_of(forecast["points"], proposed["safety"] / (1.645 * 2**0.5), 14)
    assert (proposed["before"], proposed["leadDays"]) == (0, 14)
    assert proposed["demand"] == pytest.approx(demand)
    assert proposed["safety"] == pytest.approx(safety)
    assert proposed["proposed"] == ceil(proposed["demand"] + proposed["safety"])
    assert 20 <= proposed["proposed"] <= 30
    assert point(ada) == 0


def test_accepting_sets_it_once_and_undo_takes_it_back(ada, sam, proposed):
    assert "is proposed, now it is" in sam.get("/inventory/LAMP").text
    done = sam.post("/inventory/LAMP/reorder-point/acceptance")
    assert (done.status_code, point(ada)) == (303, proposed["proposed"])
    assert sam.post("/api/inventory/LAMP/reorder-point/acceptance").json["code"] == "no-proposal"
    assert "is proposed, now it is" not in sam.get("/inventory/LAMP").text
    assert sam.post("/inventory/LAMP/reorder-point/reopening").status_code == 303
    assert point(ada) == 0
    assert len(ada.get("/api/inventory/reorder-points").json["items"]) == 1


def test_one_that_was_dismissed_stays_away_until_the_figure_moves(ada, world, proposed):
    assert ada.post("/api/inventory/LAMP/reorder-point/dismissal").json["reorderPoint"] == 0
    with ada.acting():
        assert service.propose_points() == 0
    world.sql.execute("UPDATE item_forecasts SET points = '[40, 40, 40, 40]' WHERE company_id = %s", (ada.company_id,))
    with ada.acting():
        assert service.propose_points() == 1


def test_a_point_somebody_set_meanwhile_is_not_overwritten(ada, proposed):
    version = ada.get("/api/inventory/LAMP").json["version"]
    assert ada.patch("/api/inventory/LAMP", json={"version": version, "reorderPoint": 7}).status_code == 200
    refused = ada.post("/api/inventory/LAMP/reorder-point/acceptance")
    assert (refused.status_code, refused.json["code"], point(ada)) == (409, "reorder-point-changed", 7)


def test_a_point_that_is_right_already_gets_no_proposal(ada, proposed):
    version = ada.get("/api/inventory/LAMP").json["version"]
    ada.patch("/api/inventory/LAMP", json={"version": version, "reorderPoint": proposed["proposed"]})
    with ada.acting():
        assert service.propose_points() == 0


def test_the_list_says_how_many_are_proposed(ada, vera, cleo, proposed):
    assert "1 reorder point is proposed." in vera.get("/inventory").text
    assert "LAMP" in vera.get("/inventory/reorder-points").text
    assert vera.post("/api/inventory/LAMP/reorder-point/acceptance").status_code == 403
    assert cleo.post("/api/inventory/LAMP/reorder-point/acceptance").status_code == 403  # no flag there
    assert "proposed" not in cleo.get("/inventory").text


def test_the_job_of_a_company_and_that_of_the_installation(ada, proposed, app):
    from app.core.installation import installation
    from app.forecasts import tasks

    with ada.acting():
        assert tasks.maintain()["proposals"] == 1
    with app.app_context(), installation():
        found = tasks.look_after_installation()
    assert found["analysedTables"] >= 4
    assert isinstance(found["staleFlags"], list)
