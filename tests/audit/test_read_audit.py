"""Who may read the audit, what stands in it, and how it is narrowed down."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask

from app.core.context import acting_as
from app.core.db import transaction
from app.core.ids import new_ulid
from app.core.installation import installation
from app.core.outbox import FACTS, Fact, record
from app.flags import service
from tests.flags.acts import as_platform, make_flag
from tests.world import Person

Pump = Callable[[], int]


def place(person: Person, customer: str = "Iris Vale") -> tuple[int, str]:
    person.post("/api/inventory", json={"sku": "HAL/52", "name": "Halden 52", "onHand": 9, "unitPrice": "129.00"})
    line = {"sku": "HAL/52", "quantity": 1}
    answer = person.post("/api/orders", json={"customer": {"name": customer}, "currency": "GBP", "lines": [line]})
    assert answer.status_code == 201, answer.text
    return answer.json["number"], answer.headers["X-Request-Id"]


def entries(person: Person, **query: Any) -> list[dict[str, Any]]:
    answer = person.get("/api/audit", query_string=query)
    assert answer.status_code == 200, answer.text
    return list(answer.json["items"])


@contextmanager
def a_fact_of_the_installation() -> Iterator[type[Fact]]:
    class LampChanged(Fact, type="lamp.changed", topic="lamps", row="lamp"):
        """A lamp."""

        lamp: str
        reason: str
        changes: dict[str, Any]

    yield LampChanged
    FACTS.pop("lamp.changed")


def test_every_act_is_there_with_who_and_request(ada: Person, pump: Pump) -> None:
    number, request = place(ada)
    pump()
    found = next(entry for entry in entries(ada) if entry["type"] == "order.created")
    assert found["sentence"] == f"{ada.name} placed order {number} for Iris Vale: 1 unit for 129.00 GBP."
    assert (found["actor"]["id"], found["requestId"], found["row"]) == (ada.public_id, request, str(number))
    text = ada.get("/audit").text
    assert f"placed order {number} for Iris Vale" in text
    assert f'href="/orders/{number}"' in text
    assert request in text


def test_the_reason_and_what_changed_are_shown(ada: Person, pump: Pump) -> None:
    number, _ = place(ada)
    ada.post(f"/api/orders/{number}/cancellation", json={"reason": "Customer rang"})
    pump()
    found = next(entry for entry in entries(ada) if entry["type"] == "order.status-changed")
    assert (found["reason"], found["sentence"]) == ("Customer rang", f"{ada.name} cancelled order {number}.")
    assert "Customer rang" in ada.get("/audit").text


def test_each_condition_narrows_it(ada: Person, sam: Person, pump: Pump) -> None:
    number, request = place(ada)
    sam.post(f"/api/orders/{number}/notes", json={"text": "Call first"})
    pump()
    assert {entry["actor"]["id"] for entry in entries(ada, who=sam.public_id)} == {sam.public_id}
    assert {entry["actor"]["id"] for entry in entries(ada, who=sam.email)} == {sam.public_id}
    assert {entry["topic"] for entry in entries(ada, topic="inventory")} == {"inventory"}
    assert {entry["type"] for entry in entries(ada, type="order.created")} == {"order.created"}
    assert {entry["requestId"] for entry in entries(ada, request=request)} == {request}
    assert {entry["row"] for entry in entries(ada, topic="orders", row=number)} == {str(number)}
    assert entries(ada, to="2020-01-01") == []
    assert len(entries(ada, **{"from": "0001-01-01", "to": "9999-12-31"})) == len(entries(ada))
    for text in (str(number), request, ada.email, ada.public_id):
        assert entries(ada, q=text), text
    assert entries(ada, q="nobody@example.test") == []
    assert "No entries match" in ada.get("/audit?q=nothing-like-it").text


def test_it_pages_by_position(ada: Person, pump: Pump) -> None:
    for _ in range(3):
        place(ada)
    pump()
    seen: list[str] = []
    after = ""
    while True:
        answer = ada.get("/api/audit", query_string={"limit": 2, "after": after}).json
        seen += [entry["id"] for entry in answer["items"]]
        after = answer["nextCursor"]
        if after is None:
            break
    assert seen == sorted(set(seen), reverse=True)
    assert len(seen) == len(entries(ada, limit=200))
    assert ada.get("/api/audit?after=made-up").status_code == 400


def test_another_company_sees_nothing_of_it(ada: Person, cleo: Person, pump: Pump) -> None:
    number, request = place(ada, "Marked customer")
    pump()
    for query in ({}, {"q": request}, {"who": ada.email}, {"row": str(number)}):
        assert "Marked customer" not in cleo.get("/audit", query_string=query).text
        assert all(entry["actor"].get("id") != ada.public_id for entry in entries(cleo, **query))


def test_staff_and_viewers_may_not(sam: Person, vera: Person) -> None:
    for person in (sam, vera):
        assert person.get("/audit").status_code == 403
        assert person.get("/api/audit").status_code == 403


def test_a_platform_admin_reads_all_companies(app: Flask, ada: Person, cleo: Person, pat: Person, pump: Pump) -> None:
    requests = {person.company_slug: place(person)[1] for person in (ada, cleo)}
    with a_fact_of_the_installation() as changed, app.app_context(), installation():
        key = new_ulid().lower()
        with acting_as({"kind": "user", "id": pat.public_id, "name": pat.name}), transaction():
            record(changed(lamp=key, reason="Too bright", changes={"enabled": [True, False]}))
    pump()
    for slug, request in requests.items():
        assert {entry["company"] for entry in entries(pat, request=request)} == {slug}
    mine = entries(pat, row=key)[0]
    assert mine["company"] == "platform"
    assert mine["sentence"] == f"{pat.name} recorded “lamp changed”."
    assert mine["changes"] == {"enabled": {"before": True, "after": False}}
    text = pat.get("/audit", query_string={"row": key}).text
    assert "in every company" in text
    assert "Too bright" in text
    assert entries(ada, row=key) == []
    chosen = entries(pat, companyId=ada.company_slug, limit=200)
    assert {entry["company"] for entry in chosen} == {ada.company_slug}


@pytest.mark.parametrize("query", ["limit=0", "from=yesterday", "who=%00", "unknown=1"])
def test_what_cannot_be_asked_is_refused(ada: Person, query: str) -> None:
    assert ada.get(f"/api/audit?{query}").status_code == 422


def test_the_progress_of_a_job_is_no_act(app: Flask, ada: Person, pump: Pump) -> None:
    from app.core.jobs import JobState, JobUpdated

    job = new_ulid()
    with ada.acting(), transaction():
        for state, done in (("queued", 0), ("running", 5), ("running", 9), ("done", 10)):
            record(JobUpdated(id=job, name="orders.import", state=JobState(state), done=done, total=10, message=""))
    pump()
    assert [entry["data"]["state"] for entry in entries(ada, row=job)] == ["done", "queued"]


def test_a_change_of_a_flag_is_said_and_taken_back_from_here(app: Flask, ada: Person, pat: Person, pump: Pump) -> None:
    key = make_flag(pat)
    with as_platform(pat):
        service.enable(key, environment="staging", reason="Shown at the fair")
    pump()
    found = entries(pat, row=key, type="flag.changed")[0]
    assert found["sentence"] == f"{pat.name} switched {key} on in staging."
    assert found["reason"] == "Shown at the fair"
    assert found["changes"] == {"enabled": {"before": False, "after": True}}
    address = f"/flags/{key}/versions/{found['data']['change']}/revert"
    assert f'action="{address}"' in pat.get("/audit", query_string={"row": key}).text
    assert pat.post(address, data={"reason": "Taken back from the audit"}).status_code == 303
    pump()
    assert entries(pat, row=key)[0]["sentence"] == f"{pat.name} took back a change: switched {key} off in staging."
    assert pat.post(address, data={}).status_code == 409
    assert entries(ada, row=key) == []


def test_a_request_id_in_search_leads_here(ada: Person, sam: Person, pump: Pump) -> None:
    _, request = place(ada)
    pump()
    assert f'href="/audit?request={request}"' in ada.get(f"/search?q={request}").text
    assert "/audit?request" not in sam.get(f"/search?q={request}").text
