"""The page of one queue: how it is and why, whose jobs wait, how long they waited and ran, one job as JSON."""

import json

import pytest

from app.core import clock
from app.core.histogram import Histogram
from tests.queues.pages.board import QUEUE, let_wait, look_at_queues, paused
from tests.world import Person, World


def fold_in(world: World, company_id: int, waits: list[float], runs: list[float], late: int = 0) -> None:
    """Write what ended a few minutes ago, for a company and for everybody."""
    everybody = world.sql.execute("SELECT id FROM companies WHERE slug = 'platform'").fetchone()
    assert everybody is not None
    for whose in (company_id, everybody["id"]):
        world.sql.execute(
            "INSERT INTO job_minutes (company_id, at, queue, name, queued, done, late, wait_hist, run_hist) VALUES "
            "(%s, date_trunc('minute', %s::timestamptz) - interval '3 minutes', 'cache', 'chore.warm', %s, %s, %s, %s, %s) "
            "ON CONFLICT DO NOTHING",
            (
                whose,
                clock.now(),
                len(waits),
                len(waits),
                late,
                json.dumps(Histogram.of(waits).stored()),
                json.dumps(Histogram.of(runs).stored()),
            ),
        )


def test_the_page_says_how_the_queue_is_and_whose_jobs_wait(pat: Person, ada: Person) -> None:
    let_wait(ada, 2)
    look_at_queues(pat)
    html = pat.get(f"/queues/{QUEUE}").text
    for part_id in ("verdict", "basis", "queue-acts", "paused", "queue-detail", "pending", "broker"):
        assert f'id="{part_id}"' in html
    assert ada.company_slug in html.split('id="h-shares"')[1]
    assert "99.0% of runs begin within" in html


def test_a_reread_gets_the_live_parts_only(pat: Person) -> None:
    part = pat.fragment(f"/queues/{QUEUE}").text
    assert "<html" not in part
    for part_id in ("verdict", "basis", "queue-acts", "paused", "queue-detail"):
        assert f'id="{part_id}"' in part


def test_percentiles_are_by_job_name_and_by_company(pat: Person, ada: Person, cleo: Person, world: World) -> None:
    fold_in(world, ada.company_id, [100.0] * 99 + [5000.0], [2000.0] * 100, late=1)
    html = pat.get("/queues/cache").text.split('id="h-times"')[1].split("</section>")[0]
    assert "chore.warm" in html
    assert any(f"{ms} ms" in html for ms in (99, 100, 101))  # exact to 1 %
    assert "2.0 s" in html
    theirs = pat.get(f"/queues/cache?company={cleo.company_slug}").text.split('id="h-times"')[1].split("</section>")[0]
    assert "Nothing ended here in this window." in theirs
    assert "chore.warm" in pat.get(f"/api/queues/cache?company={ada.company_slug}").text
    assert "chore.warm" not in pat.get(f"/api/queues/cache?company={cleo.company_slug}").text


@pytest.mark.parametrize("window", ["1h", "24h", "30d"])
def test_every_window_is_offered(pat: Person, window: str) -> None:
    html = pat.get(f"/queues/{QUEUE}?window={window}").text
    assert 'aria-current="true"' in html.split('id="h-times"')[1].split("</section>")[0]
    assert pat.get(f"/api/queues/{QUEUE}?window={window}").json["window"] == window


def test_a_held_queue_says_what_holds_it(pat: Person) -> None:
    with paused(pat, "cache", reason="The store moves"):
        look_at_queues(pat)
        html = pat.get("/queues/cache").text
        verdict = html.split('id="verdict"')[1].split("</p>")[0]
        assert f"is paused by {pat.name} until somebody resumes: “The store moves”" in verdict
        assert "Resume" in html.split('id="queue-acts"')[1].split("</div>")[0]
        assert pat.get("/api/queues/cache").json["hold"]["kind"] == "pause"


def test_one_job_of_a_queue_as_json_whoever_it_belongs_to(pat: Person, ada: Person) -> None:
    [job_id] = let_wait(ada)
    told = pat.get(f"/api/queues/{QUEUE}/jobs/{job_id}").json
    assert (told["id"], told["args"], told["queue"]) == (job_id, {"to": 1}, QUEUE)
    assert pat.get(f"/api/queues/email/jobs/{job_id}").status_code == 404
    assert pat.get(f"/api/queues/no-such/jobs/{job_id}").status_code == 404
    assert pat.get(f"/api/queues/{QUEUE}/jobs/no-such").status_code == 404


def test_a_queue_nobody_has_is_not_found(pat: Person) -> None:
    assert pat.get("/queues/no-such").status_code == 404
    assert pat.get("/api/queues/no-such").status_code == 404


def test_nobody_but_platform_admins_sees_it(ada: Person, sam: Person, vera: Person) -> None:
    for person in (ada, sam, vera):
        assert person.get(f"/queues/{QUEUE}").status_code == 403
        assert person.get(f"/api/queues/{QUEUE}").status_code == 403
