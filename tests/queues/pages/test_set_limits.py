"""Slots and target of a queue: by form, with Undo, and by JSON."""

import re

import pytest

from tests.world import Person, World

QUEUE = "cache"


@pytest.fixture(autouse=True)
def usual_limits(world: World) -> None:
    world.sql.execute("DELETE FROM queue_settings WHERE queue = %s", (QUEUE,))


def changed(world: World) -> tuple[int | None, int | None] | None:
    row = world.sql.execute(
        "SELECT concurrency, target_wait_s FROM queue_settings WHERE queue = %s", (QUEUE,)
    ).fetchone()
    return (row["concurrency"], row["target_wait_s"]) if row else None


def test_they_are_changed_by_form_and_taken_back(pat: Person, world: World) -> None:
    assert "the environment says 1" in pat.get(f"/queues/{QUEUE}/limits").text
    answer = pat.post(f"/queues/{QUEUE}/limits", data={"concurrency": "3", "target_wait_s": ""})
    assert (answer.status_code, answer.location) == (303, f"/queues/{QUEUE}")
    assert changed(world) == (3, None)
    assert 'value="3"' in pat.get(f"/queues/{QUEUE}/limits").text
    found = re.search(r'action="(/queues/cache/limits/undo\?before=[^"]+)"', pat.get(answer.location).text)
    assert found is None  # the toast was shown on the form's page
    answer = pat.post(f"/queues/{QUEUE}/limits", data={"concurrency": "", "target_wait_s": "90"})
    found = re.search(r'action="(/queues/cache/limits/undo\?before=[^"]+)"', pat.get(answer.location).text)
    assert found is not None
    assert pat.post(found[1]).status_code == 303
    assert changed(world) == (3, None)


@pytest.mark.parametrize("concurrency", ["0", "1001", "many", "-1", "9" * 20])
def test_what_nobody_can_mean_comes_back_beside_its_field(pat: Person, world: World, concurrency: str) -> None:
    answer = pat.post(f"/queues/{QUEUE}/limits", data={"concurrency": concurrency, "target_wait_s": "60"})
    assert answer.status_code == 422
    assert "The limits were not changed" in answer.text
    assert f'value="{concurrency}"' in answer.text
    assert changed(world) is None


def test_the_same_by_json(pat: Person, world: World) -> None:
    told = pat.patch(f"/api/queues/{QUEUE}", json={"concurrency": 4}).json
    assert (told["concurrency"], told["targetWaitS"], told["isChanged"]) == (4, 10, True)
    told = pat.patch(f"/api/queues/{QUEUE}", json={"targetWaitS": 120}).json
    assert (told["concurrency"], told["targetWaitS"]) == (4, 120)
    told = pat.patch(f"/api/queues/{QUEUE}", json={"concurrency": None, "targetWaitS": None}).json
    assert told["isChanged"] is False
    assert changed(world) == (None, None)
    assert pat.patch(f"/api/queues/{QUEUE}", json={"concurrency": 0}).status_code == 422
    assert pat.patch("/api/queues/no-such", json={"concurrency": 1}).status_code == 404


def test_each_field_is_named_as_its_reader_wrote_it(pat: Person) -> None:
    refused = pat.patch(f"/api/queues/{QUEUE}", json={"targetWaitS": 0}).json
    assert [one["field"] for one in refused["errors"]] == ["targetWaitS"]
    page = pat.post(f"/queues/{QUEUE}/limits", data={"concurrency": "1", "target_wait_s": "0"}).text
    assert re.search(r'id="f?-?target_wait_s"[^>]*aria-invalid="true"|aria-invalid="true"[^>]*target_wait_s', page)


def test_the_audit_says_what_was_changed(pat: Person, world: World) -> None:
    pat.patch(f"/api/queues/{QUEUE}", json={"concurrency": 7})
    row = world.sql.execute(
        "SELECT data FROM outbox WHERE type = 'queue.configured' ORDER BY id DESC LIMIT 1"
    ).fetchone()
    assert row is not None
    assert row["data"]["changes"] == {"concurrency": {"before": None, "after": 7}}


def test_nobody_else_may(ada: Person, sam: Person, vera: Person) -> None:
    for person in (ada, sam, vera):
        assert person.get(f"/queues/{QUEUE}/limits").status_code == 403
        assert person.post(f"/queues/{QUEUE}/limits", data={"concurrency": "2"}).status_code == 403
        assert person.post(f"/queues/{QUEUE}/limits/undo").status_code == 403
        assert person.patch(f"/api/queues/{QUEUE}", json={"concurrency": 2}).status_code == 403
