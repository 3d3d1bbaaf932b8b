"""What waits in the ledger and what lies in the broker: exact, in order, and acted on one by one."""

import json

import pytest

from app.core.broker import Message, publish
from app.core.ids import new_ulid
from app.queues.brokers import UNACKED, UNACKED_INDEX, lists_of, reader
from tests.meanwhile import meanwhile
from tests.queues.pages.board import QUEUE, let_wait, row_of
from tests.world import Person, World


@pytest.fixture(autouse=True)
def empty_queue(pat: Person, world: World) -> None:
    """Nothing of another test waits here."""
    world.sql.execute("DELETE FROM job_outbox WHERE queue = %s", (QUEUE,))
    with pat.app.app_context():
        reader().delete(*lists_of(QUEUE).values())


def waiting(pat: Person, query: str = "") -> list[str]:
    return [one["id"] for one in pat.get(f"/api/queues/{QUEUE}/pending{query}").json["items"]]


def test_jobs_stand_in_the_order_of_their_release(pat: Person, ada: Person) -> None:
    first, second, third = let_wait(ada, 3)
    urgent = let_wait(ada, 1, "Urgent", priority=5)[0]
    assert waiting(pat) == [urgent, first, second, third]
    html = pat.get(f"/queues/{QUEUE}").text
    assert html.index(f"pending-{urgent}") < html.index(f"pending-{first}")
    assert "{&#34;to&#34;: 1}" in row_of(html, f"pending-{first}")


def test_companies_stand_in_turn_as_they_are_released(pat: Person, ada: Person, cleo: Person, world: World) -> None:
    flood = let_wait(ada, 4)
    [theirs] = let_wait(cleo, 1)
    [urgent] = let_wait(ada, 1, "Urgent", priority=5)
    assert waiting(pat) == [urgent, theirs, *flood]
    world.sql.execute("UPDATE job_outbox SET phase = 'running' WHERE job_id = %s", (urgent,))
    assert waiting(pat) == [theirs, *flood]
    world.sql.execute("DELETE FROM job_outbox WHERE job_id = %s", (urgent,))
    assert waiting(pat) == [flood[0], theirs, *flood[1:]]


def test_a_cursor_goes_through_all_of_them_once(pat: Person, ada: Person, cleo: Person) -> None:
    made = let_wait(ada, 4) + let_wait(cleo, 3, priority=-2)
    seen: list[str] = []
    query = "?limit=2"
    while query:
        told = pat.get(f"/api/queues/{QUEUE}/pending{query}").json
        seen += [one["id"] for one in told["items"]]
        query = f"?limit=2&after={told['nextCursor']}" if told["nextCursor"] else ""
    assert seen == made
    assert pat.get(f"/api/queues/{QUEUE}/pending?after=made-up").status_code == 400


def test_one_company_is_looked_at_alone(pat: Person, ada: Person, cleo: Person) -> None:
    ours, theirs = let_wait(ada, 2), let_wait(cleo, 1)
    assert waiting(pat, f"?company={cleo.company_slug}") == theirs
    html = pat.get(f"/queues/{QUEUE}?company={ada.company_slug}").text
    assert f"pending-{ours[0]}" in html
    assert f"pending-{theirs[0]}" not in html
    assert pat.get(f"/queues/{QUEUE}?company=nobody-here").status_code == 404
    assert pat.get(f"/api/queues/{QUEUE}/pending?company=nobody-here").status_code == 404


def test_a_job_can_go_first_and_that_is_undone(pat: Person, ada: Person) -> None:
    first, last = let_wait(ada, 2)
    answer = pat.post(f"/queues/{QUEUE}/pending/{last}/priority", data={"priority": "9"})
    assert answer.status_code == 303
    assert waiting(pat) == [last, first]
    assert "priority=0" in pat.get(answer.location).text
    pat.post(f"/queues/{QUEUE}/pending/{last}/priority?priority=0")
    assert waiting(pat) == [first, last]
    assert pat.patch(f"/api/queues/{QUEUE}/pending/{last}", json={"priority": 10}).status_code == 422
    assert pat.post(f"/queues/{QUEUE}/pending/{last}/priority", data={"priority": "much"}).status_code == 422


def test_a_job_can_wait_in_another_queue(pat: Person, ada: Person, world: World) -> None:
    [job_id] = let_wait(ada)
    assert "Move 1 job" in pat.get(f"/queues/{QUEUE}/pending/{job_id}/move").text
    assert pat.post(f"/queues/{QUEUE}/pending/{job_id}/move", data={"to": QUEUE}).status_code == 422
    answer = pat.post(f"/queues/{QUEUE}/pending/{job_id}/move", data={"to": "cache"})
    assert (answer.status_code, answer.location) == (303, f"/queues/{QUEUE}#pending")
    assert waiting(pat) == []
    row = world.sql.execute("SELECT queue FROM jobs WHERE id = %s", (job_id,)).fetchone()
    assert row == {"queue": "cache"}
    assert pat.patch(f"/api/queues/cache/pending/{job_id}", json={"queue": QUEUE}).json["queue"] == QUEUE
    assert waiting(pat) == [job_id]


def test_a_job_that_ends_as_soon_as_it_may_go_first_was_changed_all_the_same(
    pat: Person, ada: Person, world: World
) -> None:
    [job_id] = let_wait(ada)

    def end() -> None:
        """Begin and end it, as a worker does that was quick: its change to the job is there."""
        with pat.app.app_context():
            world.sql.execute(
                "DELETE FROM job_outbox o USING jobs j WHERE o.job_id = %s AND j.id = o.job_id AND j.priority = 9",
                (job_id,),
            )

    with meanwhile(end, most=200):
        answer = pat.patch(f"/api/queues/{QUEUE}/pending/{job_id}", json={"priority": 9})
    assert (answer.status_code, answer.json["priority"]) == (200, 9)


def test_a_discarded_job_does_not_run_and_can_be_asked_for_again(pat: Person, ada: Person, world: World) -> None:
    [job_id] = let_wait(ada)
    assert "Discard 1 job" in pat.get(f"/queues/{QUEUE}/pending/{job_id}/discard").text
    assert pat.post(f"/queues/{QUEUE}/pending/{job_id}/discard", data={"reason": " "}).status_code == 422
    answer = pat.post(f"/queues/{QUEUE}/pending/{job_id}/discard", data={"reason": "Not needed"})
    assert answer.status_code == 303
    assert waiting(pat) == []
    row = world.sql.execute("SELECT state, error FROM jobs WHERE id = %s", (job_id,)).fetchone()
    assert row == {"state": "cancelled", "error": "Discarded: Not needed"}
    assert pat.post(f"/queues/{QUEUE}/pending/{job_id}/discard", data={"reason": "x"}).status_code == 404
    assert pat.post(f"/queues/{QUEUE}/pending/{job_id}/again").status_code == 303
    [again] = waiting(pat)
    told = pat.get(f"/api/queues/{QUEUE}/jobs/{again}").json
    assert (told["retryOf"], told["args"]) == (job_id, {"to": 1})


def test_what_runs_is_not_discarded(pat: Person, ada: Person, world: World) -> None:
    [job_id] = let_wait(ada)
    world.sql.execute("UPDATE jobs SET state = 'running' WHERE id = %s", (job_id,))
    world.sql.execute("UPDATE job_outbox SET phase = 'running' WHERE job_id = %s", (job_id,))
    answer = pat.ask("DELETE", f"/api/queues/{QUEUE}/pending/{job_id}", json={"reason": "x"})
    assert (answer.status_code, answer.json["code"]) == (409, "job-is-underway")
    assert pat.patch(f"/api/queues/{QUEUE}/pending/{job_id}", json={"priority": 1}).status_code == 409


def test_the_broker_is_shown_as_it_is_and_a_message_taken_out(pat: Person, ada: Person, world: World) -> None:
    [job_id] = let_wait(ada, title="On its way")
    world.sql.execute("UPDATE job_outbox SET phase = 'sent', sends = 1 WHERE job_id = %s", (job_id,))
    with pat.app.app_context():
        assert publish([Message(ada.company_id, job_id, "chore.count", QUEUE)]) == 1
    told = pat.get(f"/api/queues/{QUEUE}/messages").json
    assert (told["total"], told["items"][0]["args"]) == (1, [ada.company_id, job_id])
    html = pat.get(f"/queues/{QUEUE}").text.split('id="broker"')[1]
    assert "On its way 1" in html
    assert "{&#34;to&#34;: 1}" in html
    assert pat.post(f"/queues/{QUEUE}/messages/{job_id}/removal").status_code == 303
    assert pat.get(f"/api/queues/{QUEUE}/messages").json["total"] == 0
    assert pat.delete(f"/api/queues/{QUEUE}/messages/{job_id}").status_code == 404


def test_discarding_what_was_sent_takes_its_message_along(pat: Person, ada: Person, world: World) -> None:
    [job_id] = let_wait(ada)
    world.sql.execute("UPDATE job_outbox SET phase = 'sent', sends = 1 WHERE job_id = %s", (job_id,))
    with pat.app.app_context():
        publish([Message(ada.company_id, job_id, "chore.count", QUEUE)])
    answer = pat.ask("DELETE", f"/api/queues/{QUEUE}/pending/{job_id}", json={"reason": "x"})
    assert (answer.status_code, answer.json["state"]) == (200, "cancelled"), answer.text
    assert pat.get(f"/api/queues/{QUEUE}/messages").json["total"] == 0


def test_a_purge_wants_reason_and_name(pat: Person, ada: Person) -> None:
    let_wait(ada, 2)
    page = pat.get(f"/queues/{QUEUE}/purge").text
    assert "2 jobs of 1 company" in page
    assert "This cannot be undone." in page
    for wrong in ({"reason": "x", "typed": "report"}, {"reason": "", "typed": QUEUE}):
        assert pat.post(f"/queues/{QUEUE}/purge", data=wrong).status_code == 422
    assert len(waiting(pat)) == 2
    answer = pat.post(f"/queues/{QUEUE}/purge", data={"reason": "Wrong list", "typed": QUEUE, "what": "messages"})
    assert answer.status_code == 303
    assert len(waiting(pat)) == 2
    answer = pat.post(f"/queues/{QUEUE}/purge", data={"reason": "Wrong list", "typed": QUEUE, "what": "jobs"})
    assert "2 jobs discarded" in pat.get(answer.location).text
    assert waiting(pat) == []


def test_purged_messages_of_living_jobs_are_rung_again(pat: Person, ada: Person, world: World) -> None:
    [job_id] = let_wait(ada)
    world.sql.execute(
        "UPDATE job_outbox SET phase = 'sent', due_at = now() + interval '1 hour' WHERE job_id = %s", (job_id,)
    )
    with pat.app.app_context():
        publish([Message(ada.company_id, job_id, "chore.count", QUEUE)])
    body = {"reason": "Full of rubbish", "typed": QUEUE}
    told = pat.post(f"/api/queues/{QUEUE}/purge", json=body).json
    assert told == {"messages": 1, "jobs": 0, "rungAgain": 1, "more": False}
    row = world.sql.execute("SELECT due_at <= now() AS is_due FROM job_outbox WHERE job_id = %s", (job_id,)).fetchone()
    assert row == {"is_due": True}
    assert pat.post(f"/api/queues/{QUEUE}/purge", json=body | {"typed": "report"}).status_code == 422


def test_nobody_else_may(ada: Person, sam: Person, vera: Person) -> None:
    [job_id] = let_wait(ada)
    here, api = f"/queues/{QUEUE}/pending/{job_id}", f"/api/queues/{QUEUE}"
    for person in (ada, sam, vera):
        for path in (f"{here}/discard", f"{here}/priority", f"{here}/move", f"{here}/again", f"/queues/{QUEUE}/purge"):
            assert person.post(path, data={}).status_code == 403, path
        for path in (f"{api}/pending", f"{api}/messages", f"{api}/jobs/{job_id}", f"/queues/{QUEUE}/purge"):
            assert person.get(path).status_code == 403, path
        assert person.post(f"{api}/purge", json={"reason": "x", "typed": QUEUE}).status_code == 403
        assert person.delete(f"{api}/messages/{job_id}").status_code == 403
        assert person.patch(f"{api}/pending/{job_id}", json={"priority": 1}).status_code == 403


def test_messages_of_jobs_that_have_ended_are_no_rows_and_not_counted(pat: Person, ada: Person) -> None:
    with pat.app.app_context():
        client = reader()
        client.delete(UNACKED, UNACKED_INDEX)
        alive, ended = let_wait(ada, 1)[0], new_ulid()
        for job_id in (alive, ended):
            publish([Message(ada.company_id, job_id, "chore.count", QUEUE)])
            raw = client.rpop(QUEUE) or b""
            client.zadd(UNACKED_INDEX, {job_id: client.time()[0] - 100})
            client.hset(UNACKED, job_id, json.dumps([json.loads(raw), "jobs", QUEUE]))
    html = pat.get(f"/queues/{QUEUE}").text.split('id="broker"')[1].split("</section>")[0]
    client.delete(UNACKED, UNACKED_INDEX)
    assert (alive in html, ended in html) == (True, False)
    assert "0 messages, and 1 with workers" in html
    assert "1 message of jobs that have ended is still kept" in html
