"""The pages and the JSON of looking after files, as a platform admin uses them and as others do not."""

import json
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from flask import Flask

from app.core.ids import new_ulid
from app.core.installation import installation
from app.core.tasks import run_job
from app.storage import providers
from app.storage.care import beats, findings
from tests.storage.care.test_check_files import check, orphan
from tests.storage.shelf import put_file
from tests.world import Person


@pytest.fixture
def disk(app_with: Callable[..., Flask]) -> Flask:
    return app_with()


def run_asked(person: Person, answer: Any) -> dict[str, Any]:
    assert answer.status_code == 202, answer.text
    with person.app.app_context():
        run_job(person.company_id, answer.json["jobId"])
    found: dict[str, Any] = person.get(f"/api/jobs/{answer.json['jobId']}").json
    return found


def test_health_is_for_everybody_and_says_where_new_files_go(disk: Flask, ada: Person) -> None:
    answer = disk.test_client().get("/api/storage/health")
    assert (answer.status_code, answer.json) == (200, {"healthy": True, "provider": "local", "status": "ok"})
    assert ada.get("/api/health").json["storage"] == {"healthy": True, "provider": "local"}


def test_latency_and_mistakes_are_told_by_provider(seaweed_app: Flask, pat: Person, ada: Person) -> None:
    with seaweed_app.app_context():
        beats.beat_all()
    found = {one["name"]: one for one in pat.get("/api/storage/providers").json["items"]}
    assert found["s3"]["role"] == "writes"
    assert found["s3"]["isHealthy"]
    assert found["s3"]["putMs"]["p50"] > 0
    assert found["s3"]["lastGoodAt"]
    assert ada.get("/api/storage/providers").status_code == 403


def test_a_provider_that_is_away_is_told_and_no_page_fails(app_with: Callable[..., Flask], pat: Person) -> None:
    app = app_with(
        storage_provider="s3",
        s3_endpoint="http://127.0.0.1:9",
        aws_s3_bucket="gone",
        aws_access_key_id="k",
        aws_secret_access_key="s",
    )
    with app.app_context():
        beats.keep("s3", beats.look(providers.make(app.config["SETTINGS"], "s3")))
    assert app.test_client().get("/api/storage/health").json == {"healthy": False, "provider": "s3", "status": "down"}
    found = {one["name"]: one for one in pat.get("/api/storage/providers").json["items"]}
    assert found["s3"]["errors"] == {"connection": 1}
    page = pat.get("/storage/providers")
    assert page.status_code == 200
    assert "does not take files" in page.text
    with app.app_context():
        from app.core.redis import request_redis

        request_redis().run(lambda client: client.delete(beats.place("s3")))


def test_the_doctor_is_asked_over_json_and_shown_on_its_page(seaweed_app: Flask, pat: Person, sam: Person) -> None:
    job = run_asked(pat, pat.post("/api/storage/doctor", json={"provider": "s3"}))
    assert job["state"] == "done", job
    assert tells(pat, "storage.checked", "s3")
    found = pat.get("/api/storage/doctor?provider=s3").json
    assert len(found["probes"]) >= 20
    assert found["verdict"] in {"good", "warn"}
    assert "seaweedfs" in found["fits"]
    page = pat.get("/storage/providers/s3")
    assert found["probes"][0]["title"] in page.text
    assert "s3:GetObject" in page.text
    for answer in (
        sam.get("/storage/providers/s3"),
        sam.get("/api/storage/doctor"),
        sam.post("/api/storage/doctor", json={}),
    ):
        assert answer.status_code == 403


def test_the_rule_for_unfinished_uploads_is_installed_once(seaweed_app: Flask, pat: Person) -> None:
    assert "after 7 days" in pat.get("/storage/providers/s3/lifecycle").text
    for _ in range(2):
        assert pat.post("/storage/providers/s3/lifecycle").status_code == 303
    with seaweed_app.app_context():
        bucket = providers.provider("s3").provider  # type: ignore[attr-defined]  # behind its breaker
        rules = bucket.boto.client.get_bucket_lifecycle_configuration(Bucket=bucket.place.bucket)["Rules"]
    assert sorted(one["ID"] for one in rules) == ["quarterdeck-probes", "quarterdeck-unfinished-uploads"]
    refused = pat.post("/storage/providers/local/lifecycle", headers={"Accept": "text/html"})
    assert refused.status_code == 409


def test_findings_are_listed_and_put_back(disk: Flask, pat: Person, ada: Person, sam: Person) -> None:
    with ada.acting():
        put_file()
        key = orphan(ada)
    check(disk, ada)
    page = pat.get("/storage/findings?state=quarantined")
    assert key in page.text
    with disk.app_context(), installation():
        one = next(one for one in findings.page_of(kind="orphan", limit=200)[0] if one.key == key)
    assert sam.post(f"/storage/findings/{one.id}/restoration").status_code == 403
    assert pat.post(f"/storage/findings/{one.id}/restoration").status_code == 303
    assert pat.post(f"/storage/findings/{one.id}/restoration").status_code == 409
    with disk.app_context():
        assert providers.provider("local").stat(key)
    assert pat.post(f"/storage/findings/{new_ulid()}/dismissal").status_code == 404
    listed = pat.get("/api/storage/findings?state=ignored&kind=orphan&limit=200").json["items"]
    assert key in [found["key"] for found in listed]


def test_more_than_the_fuse_wants_a_reason(disk: Flask, pat: Person, sam: Person) -> None:
    assert pat.post("/storage/providers/local/check", data={"reason": " "}).status_code == 422
    assert pat.post("/storage/providers/local/check", data={"reason": "An old bucket"}).status_code == 303
    assert sam.post("/storage/providers/local/check", data={"reason": "An old bucket"}).status_code == 403


@pytest.mark.parametrize("act", ["check", "aside", "cleanup", "lifecycle"])
def test_each_act_asks_first(disk: Flask, pat: Person, vera: Person, act: str) -> None:
    assert pat.get(f"/storage/providers/local/{act}").status_code == 200
    assert vera.get(f"/storage/providers/local/{act}").status_code == 403
    assert pat.get(f"/storage/providers/nowhere/{act}").status_code == 404


@pytest.mark.parametrize("act", ["examination", "trial", "scrub", "cleanup"])
def test_checks_are_started_from_the_page(disk: Flask, pat: Person, vera: Person, act: str) -> None:
    assert pat.post(f"/storage/providers/local/{act}").status_code == 303
    assert vera.post(f"/storage/providers/local/{act}").status_code == 403
    listed = pat.get("/storage/providers")
    assert listed.status_code == 200
    assert "Cloudflare R2" in listed.text


def test_the_policy_is_printed_for_what_is_a_provider_alone(disk: Flask) -> None:
    runner = disk.test_cli_runner()
    assert "s3:GetObject" in runner.invoke(args=["storage", "policy", "--provider", "s3"]).output
    assert "mode 0750" in runner.invoke(args=["storage", "policy"]).output
    refused = runner.invoke(args=["storage", "policy", "--provider", "nonsense"])
    assert refused.exit_code == 2
    assert "'nonsense' is not one of" in refused.output


@pytest.mark.parametrize(
    "path", ["/storage/providers", "/storage/providers/local", "/storage/findings", "/connections"]
)
def test_a_page_listens_where_checks_tell_how_they_ended(disk: Flask, pat: Person, path: str) -> None:
    topic = "connections" if path == "/connections" else "storage"
    listens = state_of(pat, path)
    # Facts of checks are the installation's: a page that listens to a company hears none of them.
    assert (listens["company"], set(listens["topics"])) == ("platform", {topic})


def test_without_findings_a_page_says_where_one_checks(disk: Flask, pat: Person) -> None:
    page = pat.get("/storage/findings?state=repaired&provider=azure-blob").text
    assert "“Compare, move nothing” only looks" in page


def tells(person: Person, kind: str, row_id: str) -> bool:
    """Say whether the installation has told a fact of a row."""
    query = (
        "SELECT 1 FROM (SELECT company_id, type, row_id FROM outbox UNION ALL SELECT company_id, type, row_id FROM event_log) f "
        "JOIN companies c ON c.id = f.company_id WHERE c.slug = 'platform' AND f.type = %s AND f.row_id = %s"
    )
    return person.world.sql.execute(query, (kind, row_id)).fetchone() is not None


def state_of(person: Person, path: str) -> dict[str, Any]:
    text = person.get(path).text
    assert f'data-live-topic="{"connections" if path == "/connections" else "storage"}"' in text
    found = re.search(r"data-live='([^']*)'", text)
    assert found is not None, "the page listens to nothing"
    state: dict[str, Any] = json.loads(unescape(found[1]))
    return state
