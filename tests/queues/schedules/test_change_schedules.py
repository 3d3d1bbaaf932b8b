"""Making, changing and deleting schedules, by form and by JSON."""

from typing import Any

import pytest

from app.core.ids import new_ulid
from tests.queues.schedules.conftest import Make
from tests.world import Person


def wanted(**values: Any) -> dict[str, Any]:
    plan = {"title": f"Mine {new_ulid()}", "job": "chore.count", "args": {"to": 3}, "cron": "0 9 * * 1-5"}
    return {**plan, "timezone": "Europe/London", **values}


def form(**values: Any) -> dict[str, Any]:
    plan = {**wanted(args='{"to": 3}'), "scope": "installation", "grace_s": "3600"}
    return {**plan, **values}


@pytest.fixture(autouse=True)
def offered(make_schedule: Make) -> None:
    """`chore.count` can be scheduled."""


def test_one_is_made_by_form(pat: Person) -> None:
    assert "Preview its times" in pat.get("/schedules/new").text
    fields = form()
    answer = pat.post("/schedules", data=fields)
    assert answer.status_code == 303, answer.text
    html = pat.get(answer.location).text
    assert f"{fields['title']} is scheduled." in html
    assert "Every weekday at 09:00, Europe/London" in html
    gone = pat.delete(f"/api{answer.location}", json={"reason": "The test is over"})
    assert gone.status_code == 204


def test_one_is_made_changed_and_deleted_by_json(pat: Person) -> None:
    made = pat.post("/api/schedules", json=wanted())
    assert made.status_code == 201, made.text
    here = f"/api/schedules/{made.json['id']}"
    changed = pat.put(here, json=wanted(cron="  0   10 * * *", version=made.json["version"]))
    assert (changed.status_code, changed.json["cron"]) == (200, "0 10 * * *")
    assert changed.json["nextAt"] != made.json["nextAt"]
    assert pat.put(here, json=wanted(version=made.json["version"])).json["code"] == "version-conflict"
    assert pat.delete(here, json={"reason": ""}).status_code == 422
    assert pat.delete(here, json={"reason": "No longer needed"}).status_code == 204
    assert pat.get(here).status_code == 404


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"cron": "0 25 * * *"}, "cron", "bad hour"),
        ({"cron": "0 0 * *"}, "cron", "five fields"),
        ({"timezone": "Mars/Olympus"}, "timezone", "Europe/London"),
        ({"job": "nobody.knows"}, "job", "cannot be scheduled"),
        ({"args": {"to": "many"}}, "args", "to: Give a whole number"),
        ({"args": {"til": 3}}, "args", "It takes to: int"),
        ({"args": {}}, "args", "missing a required argument"),
        ({"graceS": 10**8}, "graceS", "7 days"),
        ({"title": ""}, "title", "needed"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_says_which_field_and_why(
    pat: Person, change: dict[str, Any], field: str, words: str
) -> None:
    answer = pat.post("/api/schedules", json=wanted(**change))
    assert answer.status_code == 422
    assert [(one["field"], words in one["message"]) for one in answer.json["errors"]] == [(field, True)]


def test_mistakes_come_back_beside_their_fields(pat: Person) -> None:
    answer = pat.post("/schedules", data=form(cron="every day", args="[1]", grace_s="long"))
    assert answer.status_code == 422
    assert "Write names and values as JSON" in answer.text
    assert 'value="every day"' in answer.text
    again = pat.post("/schedules", data=form(cron="every day"))
    assert "Write five fields" in again.text


def test_a_preview_shows_its_times_and_makes_nothing(pat: Person) -> None:
    fields = form(cron="*/15 * * * *", preview="1")
    answer = pat.post("/schedules", data=fields)
    assert answer.status_code == 200
    assert "Every 15 minutes, Europe/London" in answer.text
    assert fields["title"] in answer.text
    assert fields["title"] not in pat.get("/schedules").text
    asked = pat.fragment("/schedules/preview?cron=0+9+*+*+1-5&timezone=UTC")
    assert "Every weekday at 09:00, UTC" in asked.text
    assert "cannot be read" in pat.fragment("/schedules/preview?cron=0+99+*+*+*&timezone=UTC").text
    told = pat.get("/api/schedules/preview?cron=0+9+*+*+1-5&timezone=UTC").json
    assert (told["words"], len(told["times"]), told["problem"]) == ("Every weekday at 09:00, UTC", 5, None)


def test_two_editors_at_once_the_second_sees_what_is_different(pat: Person, make_schedule: Make) -> None:
    made = make_schedule()
    here = f"/schedules/{made.id}/edit"
    assert made.title in pat.get(here).text
    assert pat.post(here, data=form(title=made.title, version="1")).status_code == 303
    answer = pat.post(here, data=form(title=made.title, cron="0 1 * * *", version="1"))
    assert answer.status_code == 409
    assert "Somebody changed this schedule meanwhile" in answer.text
    assert pat.post(here, data=form(title=made.title, cron="0 1 * * *", version="2")).status_code == 303


def test_one_that_comes_with_the_product_can_only_be_paused(pat: Person, make_schedule: Make) -> None:
    made = make_schedule(key=f"shipped-{new_ulid()}")
    answer = pat.delete(f"/api/schedules/{made.id}", json={"reason": "Away with it"})
    assert (answer.status_code, answer.json["code"]) == (409, "schedule-is-shipped")
    assert pat.get(f"/api/schedules/{made.id}").status_code == 200


def test_deleting_by_form_wants_a_reason(pat: Person, make_schedule: Make) -> None:
    made = make_schedule()
    here = f"/schedules/{made.id}/removal"
    assert "Keep it" in pat.get(here).text
    assert pat.post(here, data={"reason": " "}).status_code == 422
    assert pat.post(here, data={"reason": "No longer needed"}).status_code == 303
    assert pat.get(f"/schedules/{made.id}").status_code == 404


def test_nobody_else_changes_them(ada: Person, vera: Person, make_schedule: Make) -> None:
    made = make_schedule()
    for person in (ada, vera):
        assert person.post("/schedules", data=form()).status_code == 403
        assert person.post("/api/schedules", json=wanted()).status_code == 403
        assert person.put(f"/api/schedules/{made.id}", json=wanted(version=1)).status_code == 403
        assert person.delete(f"/api/schedules/{made.id}", json={"reason": "x"}).status_code == 403
