"""Sockets hear the facts they may, each once and in order, on whichever worker they are."""

from collections.abc import Callable

from app.core.access import Role
from app.core.db import transaction
from app.core.outbox import record
from app.realtime import service
from tests.realtime.ear import Ear
from tests.realtime.lanterns import LanternNoted, light
from tests.world import Person

Listen = Callable[..., Ear]


def test_a_fact_reaches_every_socket_of_its_company(listen: Listen, ada: Person, vera: Person) -> None:
    ears = [listen(person, topics=["lanterns"]) for person in (ada, vera, ada, vera)]
    light(ada, 7, step=3)
    for ear in ears:
        ear.wait(lambda ear=ear: ear.of("lantern.lit"))
        (event,) = ear.of("lantern.lit")
        assert set(event) == {"seq", "id", "type", "time", "data"}
        assert event["data"] == {"number": 7, "step": 3}


def test_another_company_hears_nothing(listen: Listen, ada: Person, cleo: Person) -> None:
    outsider = listen(cleo, topics=["lanterns"])
    ear = listen(ada, topics=["lanterns"])
    for number in range(20):
        light(ada, number + 1)
    ear.wait(lambda: len(ear.of("lantern.lit")) == 20)
    light(cleo, 99)
    outsider.wait(lambda: outsider.of("lantern.lit"))
    assert [event["data"]["number"] for event in outsider.of("lantern.lit")] == [99]


def test_naming_another_company_gives_nothing_of_it(listen: Listen, ada: Person, cleo: Person) -> None:
    """Rooms come from the session; what a client says about companies and rooms is not even read."""
    outsider = listen(cleo, topics=["lanterns"], companyId=ada.company_id, rooms=[f"events:{ada.company_id}:lanterns"])
    ear = listen(ada, topics=["lanterns"])
    light(ada, 1)
    ear.wait(lambda: ear.of("lantern.lit"))
    light(cleo, 2)
    outsider.wait(lambda: outsider.of("lantern.lit"))
    assert [event["data"]["number"] for event in outsider.of("lantern.lit")] == [2]


def test_a_topic_needs_its_permission(listen: Listen, vera: Person) -> None:
    ear = listen(vera, topics=["lanterns", "accounts"])
    assert set(ear.of("ready")[0]["topics"]) == {"lanterns"}


def test_a_socket_that_comes_back_gets_what_it_missed_then_what_is_new(listen: Listen, ada: Person) -> None:
    first = listen(ada, topics=["lanterns"])
    light(ada, 1)
    first.wait(lambda: first.of("lantern.lit"))
    position = first.of("lantern.lit")[-1]["seq"]
    first.close()
    for number in range(2, 32):
        light(ada, number)
    second = listen(ada, topics={"lanterns": position})
    light(ada, 32)
    second.wait(lambda: len(second.of("lantern.lit")) >= 31)
    heard = [event["seq"] for event in second.of("lantern.lit")]
    assert heard == list(range(position + 1, position + 32))


def test_a_personal_fact_reaches_its_person_only(listen: Listen, ada: Person, sam: Person) -> None:
    his, hers = listen(sam, topics=["lanterns"]), listen(ada, topics=["lanterns"])
    with ada.acting(), transaction():
        record(LanternNoted(user_id=sam.id, text="Trim the wick"))
    light(ada, 1)
    his.wait(lambda: his.of("lantern.lit"))
    hers.wait(lambda: hers.of("lantern.lit"))
    assert [event["data"]["text"] for event in his.of("lantern.noted")] == ["Trim the wick"]
    assert hers.of("lantern.noted") == []


def test_a_notice_to_a_role_reaches_that_role_only(listen: Listen, ada: Person, sam: Person, cleo: Person) -> None:
    his, hers, others = (listen(person, topics=[]) for person in (sam, ada, cleo))
    with ada.acting():
        service.post_notice("Stock-take at five", Role.STAFF)
        service.post_notice("Closing early")
    his.wait(lambda: len(his.of("notification.created")) == 2)
    hers.wait(lambda: hers.of("notification.created"))
    assert [event["data"]["text"] for event in hers.of("notification.created")] == ["Closing early"]
    assert others.of("notification.created") == []


def test_maintenance_is_told_to_everybody(listen: Listen, ada: Person, cleo: Person, pat: Person) -> None:
    ears = [listen(ada, topics=["lanterns"]), listen(cleo, rows=True, topics={})]
    with pat.acting():
        service.announce_maintenance("Moving house", 5)
    for ear in ears:
        ear.wait(lambda ear=ear: ear.of("system.maintenance"))
        assert ear.of("system.maintenance")[0]["data"] == {"text": "Moving house", "minutes": 5}
