"""Jobs about people (invitations, links for new passwords) are seen by those who may see people, and by nobody else."""

import pytest

from app.core.db import transaction
from app.core.live_render import render_rows
from app.core.tasks import job
from tests.queues import chores
from tests.queues.test_list_jobs import untimed
from tests.world import Person

EMAIL = "new.hand@example.test"


@pytest.fixture
def hidden(ada: Person) -> str:
    """A job that mails an invitation."""
    ada.post("/api/invitations", json={"email": EMAIL, "role": "staff"})
    (found,) = ada.get("/api/jobs").json["items"]
    assert EMAIL in found["title"]
    return str(found["id"])


def test_an_admin_sees_it_everywhere(ada: Person, hidden: str) -> None:
    assert f'id="job-{hidden}"' in ada.get("/jobs").text
    assert f'id="job-{hidden}"' in ada.fragment(f"/jobs?state=queued&ids={hidden}").text
    page = ada.get(f"/jobs/{hidden}").text
    assert 'data-live-topic="account-jobs"' in page
    assert "at least once" not in page
    assert ada.get(f"/api/jobs/{hidden}").status_code == 200


@pytest.mark.parametrize("role", ["sam", "vera"])
def test_staff_and_viewers_see_it_nowhere(request: pytest.FixtureRequest, hidden: str, ada: Person, role: str) -> None:
    person: Person = request.getfixturevalue(role)
    with ada.acting(), transaction():
        chores.count_up.enqueue(3, title="Count to three")
    page = person.get("/jobs").text
    assert "Count to three" in page
    assert "<strong>1 job</strong> waits or runs" in page
    assert EMAIL not in page
    assert 'data-live-topic="jobs"' in page
    assert hidden not in person.fragment(f"/jobs?state=queued&ids={hidden}").text
    assert [one["title"] for one in person.get("/api/jobs").json["items"]] == ["Count to three"]
    for path in (f"/jobs/{hidden}", f"/api/jobs/{hidden}", f"/jobs/{hidden}/file"):
        assert person.get(path).status_code == 404
    assert EMAIL not in person.get("/").text


def test_staff_cannot_cancel_it(sam: Person, ada: Person, hidden: str) -> None:
    assert sam.delete(f"/api/jobs/{hidden}").status_code == 404
    assert sam.post(f"/jobs/{hidden}/cancellation").status_code == 404
    assert ada.delete(f"/api/jobs/{hidden}").json["state"] == "cancelled"


def test_it_is_pushed_to_its_own_readers_only(app, ada: Person, sam: Person, hidden: str, pump) -> None:
    pump()
    for path in ("/api/events?topic=account-jobs", "/live/rows?topic=account-jobs&after=0"):
        assert ada.get(path).status_code == 200
        assert sam.get(path).status_code == 403
    assert hidden not in sam.get("/api/events?topic=jobs").text
    rows, gone = render_rows(app, (ada.company_id, "account-jobs"), [hidden])
    assert (rows[0].id, gone) == (f"job-{hidden}", [])
    assert untimed(rows[0].html) in untimed(ada.get("/jobs").text)
    assert render_rows(app, (ada.company_id, "jobs"), [hidden]) == ([], [hidden])


def test_a_job_asks_for_a_permission_that_has_a_topic() -> None:
    with pytest.raises(ValueError, match="FACT_OF"):
        job(queue="email", name="chore.secret", permission="tokens:read")
    declare = job(queue="email", name="chore.open")
    assert callable(declare)
