"""Finding jobs by every field of the list: in the page's address and in JSON alike."""

import json

import pytest

from app.core.db import transaction
from app.core.ids import new_ulid
from app.core.installation import installation
from app.queues import search
from app.queues.service import pauses
from tests.queues import chores
from tests.queues.pages.given import backing_off, done, failed, ids, queued


def test_by_state_kind_and_queue(ada, run):
    counted, refused = done(ada, run), failed(ada, run)
    assert ids(ada, "state=done") == [counted]
    assert ids(ada, "state=failed") == [refused]
    assert ids(ada, "name=chore.fail") == [refused]
    assert ids(ada, "queue=maintenance&state=done") == [counted]
    assert ids(ada, "queue=report") == []


def test_failures_of_one_name_come_in_pages_newest_first(ada, pat, run):
    first, second, third = (failed(ada, run) for _ in range(3))
    assert ids(ada, "name=chore.fail&state=failed") == [third, second, first]
    page = ada.get("/api/jobs?name=chore.fail&state=failed&limit=2").json
    assert [job["id"] for job in page["items"]] == [third, second]
    assert ids(ada, f"name=chore.fail&state=failed&after={page['nextCursor']}") == [first]
    assert ids(ada, "name=chore.count-up&state=failed") == []
    mine = f"name=chore.fail&state=failed&company={ada.company_slug}"
    assert ids(pat, mine) == [third, second, first]


def test_by_request_and_by_words_of_the_error(ada, run, look):
    refused, other = failed(ada, run, "The shelf is empty"), failed(ada, run, "The bottle is empty")
    assert ids(ada, "error=SHELF") == [refused]
    assert ids(ada, "error=100%25") == []
    assert set(ids(ada, f"requestId={look(ada, other).request_id}")) <= {refused, other}


def test_by_failure_group(ada, run, look):
    first, second = failed(ada, run, "Order 17 is gone"), failed(ada, run, "Order 18 is gone")
    signature = look(ada, first).signature
    assert signature
    assert ids(ada, f"signature={signature}") == [second, first]


def test_by_a_path_in_the_arguments_as_text_or_as_number(ada):
    five, six = queued(ada, chores.count_up, 5), queued(ada, chores.count_up, 6)
    deep = queued(ada, chores.deliver_to, {"street": {"number": "5"}})
    assert ids(ada, "args.to=5") == [five]
    assert ids(ada, "args.to=6") == [six]
    assert ids(ada, "args.address.street.number=5") == [deep]
    assert ids(ada, f"args={json.dumps({'to': '5'})}") == [five]
    assert ids(ada, "args.to=7") == []


def test_by_priority_worker_and_time(ada, run):
    urgent = queued(ada, chores.count_up, 3, priority=5)
    queued(ada)
    assert ids(ada, "priority=5") == [urgent]
    assert ids(ada, "worker=nobody@nowhere") == []
    assert urgent in ids(ada, "within=1h")
    assert ids(ada, "until=2020-01-01T00:00:00Z") == []
    assert urgent in ids(ada, "since=2020-01-01T00:00:00Z")


def test_those_that_wait_for_their_time_and_for_others(ada, run):
    later, first = backing_off(ada, run), queued(ada)
    second = queued(ada, chores.count_up, 3, after=[first])
    assert ids(ada, "waits=later") == [later]
    assert ids(ada, "waits=blocked") == [second]
    assert set(ids(ada, "state=queued")) == {later, first, second}


@pytest.fixture
def paused(app):
    """Jobs of one name are paused for the test."""
    with app.app_context(), installation():
        held = pauses.pause("name", "chore.deliver", "The post is on strike")
    yield
    with app.app_context(), installation():
        pauses.resume(held.id)


def test_those_that_are_held(ada, pat, paused):
    held = queued(ada, chores.deliver_to, {"city": "Leeds"})
    queued(ada)
    assert ids(ada, "waits=held") == [held]
    assert held in ids(pat, "waits=held")
    assert "Paused" in ada.get(f"/jobs/{held}").text


def test_what_a_job_caused_is_found_by_its_tree(ada, run):
    parent = queued(ada, chores.spawn, 3, title="Parent")
    run(ada, parent)
    assert len(ids(ada, f"rootId={parent}")) == 3


def test_what_has_no_index_is_looked_for_in_bounds_and_the_cursor_goes_on(ada, run, monkeypatch):
    refused = failed(ada, run, "The shelf is empty")
    for number in range(4):
        failed(ada, run, f"Bottle {number} broke")
    monkeypatch.setattr(search, "WALK", 2)
    found = ada.get("/api/jobs?error=shelf").json
    assert (found["items"], found["lookedBackTo"] is not None) == ([], True)
    page = ada.get("/jobs?error=shelf").text
    assert "Looked back to" in page
    seen = []
    while found["nextCursor"]:
        found = ada.get(f"/api/jobs?error=shelf&after={found['nextCursor']}").json
        seen += [job["id"] for job in found["items"]]
    assert seen == [refused]


def test_the_ten_thousandth_page_is_reached(ada, rows, superuser_sql):
    numbers = [new_ulid() for _ in range(10_050)]
    with (
        superuser_sql.cursor() as cursor,
        cursor.copy(
            "COPY jobs (company_id, id, name, queue, title, args, actor, request_id, root_id, state) FROM STDIN"
        ) as copy,
    ):
        for one in numbers:
            copy.write_row(
                (ada.company_id, one, "chore.count", "maintenance", "T", "{}", '{"name":"A"}', "r", one, "done")
            )
    expected, after, pages = sorted(numbers, reverse=True), "", 0
    seen: list[str] = []
    while after is not None:
        found = ada.get(f"/api/jobs?limit=200&name=chore.count&after={after}").json
        seen += [job["id"] for job in found["items"]]
        after, pages = found["nextCursor"], pages + 1
    assert (seen, pages) == (expected, 51)
    plan = _plan(ada, rows, expected[9_998])
    assert "Seq Scan" not in plan


def _plan(ada, rows, below):
    """Ask how a page deep in the list is read, behind the same policies."""
    import sqlalchemy as sa

    from app.core.db import db
    from app.core.jobs import Job

    with ada.acting(), transaction():
        query = sa.select(Job.id).where(Job.name == "chore.count", Job.id < below).order_by(Job.id.desc()).limit(2)
        text = str(query.compile(db.engine, compile_kwargs={"literal_binds": True}))
        db.session.execute(sa.text("SET LOCAL enable_seqscan = off"))
        return "\n".join(db.session.scalars(sa.text(f"EXPLAIN {text}")))


@pytest.mark.parametrize(
    "query",
    ["state=unknown", "since=2026-01-01T00:00:00", "priority=99", "args.=x", "args={", "nonsense=1", "after=forged"],
)
def test_a_filter_that_says_nothing_is_refused(ada, query):
    answer = ada.get(f"/api/jobs?{query}")
    assert answer.status_code in {400, 422}
    assert ada.get(f"/jobs?{query}").status_code == answer.status_code


def test_one_field_takes_whatever_somebody_has_at_hand(ada, run, look):
    job_id = failed(ada, run)
    goes = lambda text: ada.get(f"/jobs?q={text}").headers["Location"]
    assert goes(job_id) == f"/jobs/{job_id}"
    assert goes(job_id.lower()) == f"/jobs/{job_id}"
    request = new_ulid()
    assert goes(request) == f"/jobs?requestId={request}"
    assert goes("sku=A1") == "/jobs?args.sku=A1"
    assert goes("chore.fail") == "/jobs?name=chore.fail"
    assert goes("maintenance") == "/jobs?queue=maintenance"
    assert goes("empty") == "/jobs?error=empty"
    assert ada.get("/jobs?q=empty", follow_redirects=True).text.count(f'id="job-{job_id}"') == 1


def test_a_changed_row_is_asked_for_with_the_same_filter(ada, run):
    refused, other = failed(ada, run), queued(ada)
    rows = ada.fragment(f"/jobs?error=shelf&ids={refused},{other}").text
    assert f'id="job-{refused}"' in rows
    assert f'id="job-{other}"' not in rows


def test_a_platform_admin_sees_and_searches_all_companies(ada, cleo, pat, run):
    ours, theirs = failed(ada, run), failed(cleo, run)
    page = pat.get("/jobs?state=failed").text
    assert f'id="job-{ours}"' in page
    assert f'id="job-{theirs}"' in page
    assert ids(pat, f"state=failed&company={ada.company_slug}") == [ours]
    found = pat.get(f"/api/jobs?args.reason=The shelf is empty&company={cleo.company_slug}").json["items"]
    assert [(job["id"], job["company"]) for job in found] == [(theirs, cleo.company_slug)]


def test_another_company_finds_nothing(ada, cleo, run):
    job_id = failed(ada, run)
    assert ids(cleo, "args.reason=The shelf is empty") == []
    assert ids(cleo, "error=shelf") == []
    assert ids(cleo, f"company={ada.company_slug}") == []
    assert job_id not in cleo.fragment(f"/jobs?ids={job_id}").text


def test_a_path_that_is_none_is_named_in_the_refusal(ada):
    for query, field in (("args.=x", "args."), ("args.a b=x", "args.a b")):
        refused = ada.get(f"/api/jobs?{query}").json
        assert [one["field"] for one in refused["errors"]] == [field]
