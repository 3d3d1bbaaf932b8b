"""`GET /api/events`: the log by page, and what an open page missed."""

from collections.abc import Callable

import pytest

from app.core.db import transaction
from app.core.outbox import record
from tests.realtime.lanterns import LanternNoted, light
from tests.world import Person

pytestmark = pytest.mark.usefixtures("lanterns")
Pump = Callable[[], int]


def test_events_come_in_order_after_a_position(ada: Person, pump: Pump) -> None:
    for number in range(1, 6):
        light(ada, number)
    pump()
    answer = ada.get("/api/events?topic=lanterns&after=2&limit=2").json
    assert [event["seq"] for event in answer["events"]] == [3, 4]
    assert (answer["head"], answer["through"]) == (5, 4)
    assert answer["epoch"]
    assert set(answer["events"][0]) == {"seq", "id", "type", "time", "data"}


def test_reading_again_gives_the_same(ada: Person, pump: Pump) -> None:
    light(ada, 1)
    pump()
    assert ada.get("/api/events?topic=lanterns").json == ada.get("/api/events?topic=lanterns").json


def test_an_empty_topic_has_head_zero(ada: Person) -> None:
    answer = ada.get("/api/events?topic=lanterns").json
    assert (answer["head"], answer["events"]) == (0, [])


def test_another_company_reads_its_own_events_only(ada: Person, cleo: Person, pump: Pump) -> None:
    light(ada, 1)
    pump()
    assert cleo.get("/api/events?topic=lanterns").json["events"] == []


def test_a_viewer_may_not_read_the_topic_of_accounts(vera: Person) -> None:
    answer = vera.get("/api/events?topic=accounts")
    assert answer.status_code == 403
    assert answer.json["code"] == "forbidden"


def test_an_unknown_topic_is_named(ada: Person) -> None:
    answer = ada.get("/api/events?topic=lighthouses")
    assert (answer.status_code, answer.json["code"]) == (404, "unknown-topic")
    assert "lanterns" in answer.json["detail"]


@pytest.mark.parametrize("query", ["topic=lanterns&after=-1", "topic=lanterns&limit=0", "topic=lanterns&after=x", ""])
def test_a_position_nobody_gave_is_refused(ada: Person, query: str) -> None:
    assert ada.get(f"/api/events?{query}").status_code == 422


def test_facts_for_one_person_are_left_out_for_others_and_passed_over(ada: Person, sam: Person, pump: Pump) -> None:
    with ada.acting(), transaction():
        record(LanternNoted(user_id=sam.id, text="For Sam"))
    pump()
    hers, his = ada.get("/api/events?topic=lanterns").json, sam.get("/api/events?topic=lanterns").json
    assert (hers["events"], hers["through"]) == ([], 1)
    assert [event["type"] for event in his["events"]] == ["lantern.noted"]


def test_a_page_gets_the_rows_it_missed(ada: Person, pump: Pump) -> None:
    light(ada, 4, step=2)
    pump()
    message = ada.get("/live/rows?topic=lanterns&after=0").json
    assert [row["id"] for row in message["rows"]] == ["lantern-4"]
    assert ada.get("/live/rows?topic=lanterns&after=1").json["rows"] == []


def test_rows_of_a_forbidden_topic_are_refused(vera: Person) -> None:
    assert vera.get("/live/rows?topic=accounts&after=0").status_code == 403


def test_the_table_of_connections_comes_alone_when_htmx_asks_for_it(ada: Person) -> None:
    answer = ada.fragment("/live")
    assert answer.status_code == 200
    assert 'id="connections"' in answer.text
    assert "<html" not in answer.text
