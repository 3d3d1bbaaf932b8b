"""Cancelling a job with all that came of it."""

from app.core.jobs import JobState
from tests.queues import chores
from tests.queues.pages.given import ids, queued


def test_what_is_alive_of_it_is_cancelled(ada, run, look):
    parent = queued(ada, chores.spawn, 3, title="Parent")
    run(ada, parent)
    first, *rest = ids(ada, f"rootId={parent}")
    run(ada, first)
    answer = ada.post(f"/api/jobs/{parent}/tree-cancellation")
    assert answer.json == {"stopped": 2}
    assert look(ada, first).state is JobState.DONE
    assert {look(ada, one).state for one in rest} == {JobState.CANCELLED}
    assert ada.post(f"/api/jobs/{parent}/tree-cancellation").json["code"] == "job-tree-over"


def test_the_page_offers_it_while_something_is_alive(ada, run, look):
    parent = queued(ada, chores.spawn, 1, title="Parent")
    run(ada, parent)
    act = f"/jobs/{parent}/tree-cancellation"
    assert act in ada.get(f"/jobs/{parent}").text
    assert ada.post(act).status_code == 303
    assert act not in ada.get(f"/jobs/{parent}").text


def test_a_viewer_may_not_and_others_find_nothing(ada, vera, cleo, run):
    parent = queued(ada, chores.spawn, 1, title="Parent")
    run(ada, parent)
    for person, status in ((vera, 403), (cleo, 404)):
        assert person.post(f"/api/jobs/{parent}/tree-cancellation").status_code == status
        assert person.post(f"/jobs/{parent}/tree-cancellation").status_code == status
