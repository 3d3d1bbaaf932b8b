"""The pages and the JSON of advice: read by those above all companies, dismissed with a reason, exported."""

from collections.abc import Callable, Iterator
from time import sleep

import pytest

from app.core.ids import new_ulid
from app.core.installation import installation
from app.queries.views.tabs import tabs
from tests.queries.advisor.given import advise
from tests.world import Person


def test_the_page_lists_what_is_worth_making_and_what_could_go(pat: Person):
    make, drop = (
        advise(pat, name="ix_to_make"),
        advise(pat, kind="drop-unused", name="ix_to_drop", title="Drop ix_to_drop: nothing reads it"),
    )
    body = pat.get("/slow-queries/advice").text
    assert f"/slow-queries/advice/{make}" in body
    assert f"/slow-queries/advice/{drop}" in body
    assert "Worth making" in body
    assert "Could go" in body


def test_one_page_shows_the_statement_and_what_it_rests_on(pat: Person):
    number = advise(pat, fingerprints=["abc123"])
    body = pat.get(f"/slow-queries/advice/{number}").text
    assert "Index orders by email" in body
    assert "harms none of 40" in body
    assert "/slow-queries/abc123" in body
    assert "no speed is promised" in body


def test_what_runs_inside_a_function_says_so(pat: Person):
    number = advise(pat, fingerprints=["abc123"], inside="search_orders")
    assert "inside search_orders, which the linked statement calls" in pat.get(f"/slow-queries/advice/{number}").text
    [helped] = pat.get(f"/api/query-optimizer/advice/{number}").json["statements"]
    assert (helped["fingerprint"], helped["inside"]) == ("abc123", "search_orders")


def test_little_time_is_not_called_none(pat: Person):
    body = pat.get(f"/slow-queries/advice/{advise(pat, fingerprints=['abc123'], took_ms=96.7)}").text
    assert "97 ms" in body
    assert "0 s<" not in body


def test_of_equal_priority_what_saves_most_comes_first(pat: Person):
    some, most = advise(pat, share=0.02), advise(pat, share=0.4)
    told = [one["id"] for one in pat.get("/api/query-optimizer/indexes").json["recommendations"]]
    assert told.index(most) < told.index(some)


def test_what_lacks_evidence_stands_apart(pat: Person):
    advise(pat, why_not=["orders was never analysed, so the planner guesses."], level=1)
    body = pat.get("/slow-queries/advice").text
    assert "Not enough evidence yet" in body
    assert "never analysed" in body


def test_the_tab_counts_only_what_has_evidence_enough(pat: Person):
    pat.world.sql.execute("DELETE FROM index_advice")
    advise(pat)
    advise(pat, kind="drop-unused")
    for _ in range(3):
        advise(pat, why_not=["orders was never analysed, so the planner guesses."], level=1)
    with pat.app.test_request_context(), installation():
        [tab] = [one for one in tabs("advice") if one["label"] == "Indexes"]
    assert tab["count"] == "2"
    pat.world.sql.execute("DELETE FROM index_advice")


def test_json_tells_the_same(pat: Person):
    number = advise(pat, fingerprints=["abc123"])
    drop = advise(pat, kind="drop-duplicate", beside="ix_longer")
    answer = pat.get("/api/query-optimizer/indexes").json
    [made] = [one for one in answer["recommendations"] if one["id"] == number]
    assert made["columns"] == ["email"]
    assert made["estimatedImprovement"] > 0.99
    assert made["proof"] == "shadow"
    assert [one["beside"] for one in answer["duplicates"] if one["id"] == drop] == ["ix_longer"]
    assert pat.get(f"/api/query-optimizer/advice/{number}").json == made
    listed = pat.get("/api/query-optimizer/advice?kind=create&table=orders").json["items"]
    assert number in {one["id"] for one in listed}


def test_a_company_sees_none_of_it(ada: Person, pat: Person):
    number = advise(pat)
    for path in ("/slow-queries/advice", f"/slow-queries/advice/{number}", "/api/query-optimizer/indexes"):
        assert ada.get(path).status_code == 403
    assert ada.post(f"/slow-queries/advice/{number}/dismissal", data={"reason": "x"}).status_code == 403


def test_what_nobody_found_is_not_found(pat: Person):
    assert pat.get("/slow-queries/advice/nothing").status_code == 404
    assert pat.get("/api/query-optimizer/advice/nothing").status_code == 404


def test_a_dismissal_wants_a_reason_and_can_be_undone(pat: Person):
    number = advise(pat, name="ix_unwanted")
    path = f"/slow-queries/advice/{number}/dismissal"
    assert "Say why it is not wanted" in pat.post(path, data={"reason": " "}).text
    assert pat.post(path, data={"reason": "Monthly, fine."}).status_code == 303
    shown = pat.get(f"/slow-queries/advice/{number}").text
    assert "Monthly, fine." in shown
    assert pat.post(path, data={"reason": "Again"}).status_code == 303
    assert pat.get(f"/api/query-optimizer/advice/{number}").json["dismissedReason"] == "Monthly, fine."
    assert pat.post(f"{path}/undo").status_code == 303
    assert pat.get(f"/api/query-optimizer/advice/{number}").json["state"] == "open"


def test_scripts_dismiss_and_take_it_back(pat: Person):
    number = advise(pat)
    path = f"/api/query-optimizer/advice/{number}/dismissal"
    assert pat.post(path, json={"reason": "Writes matter more."}).json["state"] == "dismissed"
    assert pat.delete(path).json["state"] == "open"
    assert pat.post(path, json={"reason": ""}).status_code == 422
    built = advise(pat, state="built")
    answer = pat.post(f"/api/query-optimizer/advice/{built}/dismissal", json={"reason": "Late."})
    assert (answer.status_code, answer.json["code"]) == (409, "advice-settled")


LOOK = """INSERT INTO jobs (company_id, id, name, queue, title, args, actor, request_id, root_id, state, error, result,
  created_at, finished_at) VALUES (%(whose)s, %(id)s, 'queries.advise', 'maintenance', 'Look for indexes', '{}', '{}', 'R',
  %(id)s, %(state)s, %(error)s, %(result)s, now(), now())"""


@pytest.fixture
def unlooked(pat: Person) -> Iterator[Callable[..., str]]:
    """No advice and no look; what is returned writes that one ended."""

    def forget() -> None:
        pat.world.sql.execute("DELETE FROM index_advice")
        pat.world.sql.execute("DELETE FROM jobs WHERE name = 'queries.advise'")

    def ended(state: str, error: str = "", result: str | None = None) -> str:
        sleep(0.002)  # ids of one millisecond come in any order
        row = {"whose": pat.company_id, "id": new_ulid(), "state": state, "error": error, "result": result}
        pat.world.sql.execute(LOOK, row)
        return str(row["id"])

    forget()
    yield ended
    forget()


NOTHING = "Nothing to make and nothing to drop"


@pytest.mark.usefixtures("unlooked")
def test_before_anybody_looked_nothing_is_known(pat: Person):
    body, told = pat.get("/slow-queries/advice").text, pat.get("/api/query-optimizer/indexes").json
    assert "nobody has looked" in body
    assert NOTHING not in body
    assert (told["lookedAt"], told["lastLook"]) == (None, None)


def test_a_look_that_failed_says_why_and_claims_nothing(pat: Person, unlooked: Callable[..., str]):
    number = unlooked("failed", "The planner is away.")
    body, told = pat.get("/slow-queries/advice").text, pat.get("/api/query-optimizer/indexes").json
    assert "The last look failed" in body
    assert "The planner is away." in body
    assert f"/jobs/{number}" in body
    assert NOTHING not in body
    assert told["lookedAt"] is None
    assert {**told["lastLook"], "at": ""} == {
        "jobId": number, "state": "failed", "error": "The planner is away.", "at": "",
    }  # fmt: skip


def test_a_look_that_found_nothing_says_so_and_of_how_long(pat: Person, unlooked: Callable[..., str]):
    unlooked("failed", "The planner is away.")
    unlooked("done", result='{"span_s": 12000}')
    body, told = pat.get("/slow-queries/advice").text, pat.get("/api/query-optimizer/indexes").json
    assert NOTHING in body
    assert "statements of 3 h 20 min" in body
    assert "What triggers run is not looked at" in body
    assert "The last look failed" not in body
    assert told["lookedAt"] is not None
    assert told["lastLook"]["state"] == "done"
    unlooked("cancelled")
    body = pat.get("/slow-queries/advice").text
    assert "The last look was cancelled" in body
    assert "The look before found nothing to make" in body


def test_a_look_is_queued_once(pat: Person):
    first = pat.post("/api/query-optimizer/advice/look")
    assert first.status_code == 202
    assert pat.post("/api/query-optimizer/advice/look").json == first.json
    assert pat.post("/slow-queries/advice/look").status_code == 303
    assert "A look waits for a worker" in pat.get("/slow-queries/advice").text
    pat.world.sql.execute(
        "UPDATE jobs SET state = 'cancelled', finished_at = now() WHERE id = %s", [first.json["jobId"]]
    )
    pat.world.sql.execute("DELETE FROM job_outbox WHERE job_id = %s", [first.json["jobId"]])
