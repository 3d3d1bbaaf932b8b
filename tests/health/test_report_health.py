"""/health/*, /api/health, /metrics and `flask doctor` on healthy services."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from app.core import draining
from app.core.db import db
from app.core.sequencer import BEAT, beat, try_lead
from app.health import checks
from app.health.storage import probe_storage
from tests.world import Person


@pytest.fixture
def fresh_checks(app: Flask):
    app.extensions[checks.EXTENSION] = checks.Checks(app)


def test_alive_asks_nobody(app: Flask) -> None:
    answer = app.test_client().get("/health/live")
    assert answer.json == {"status": "live"}
    assert "Set-Cookie" not in answer.headers


def test_ready_names_version_and_commit(app: Flask) -> None:
    answer = app.test_client().get("/health/ready")
    assert answer.status_code == 200
    assert answer.json["status"] == "ready"
    assert answer.json["version"] == app.config["SETTINGS"].release
    assert set(answer.json) == {"status", "version", "gitSha"}


def test_a_stopping_process_is_not_ready_but_alive(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draining, "_begun", type(draining._begun)())
    draining.begin_draining()
    answer = app.test_client().get("/health/ready")
    assert answer.status_code == 503
    assert answer.json["reason"] == "this process is stopping"
    assert app.test_client().get("/health/live").status_code == 200


def test_the_public_summary_names_systems_and_no_secrets(app: Flask, fresh_checks: None) -> None:
    answer = app.test_client().get("/api/health")
    assert answer.status_code == 200
    assert answer.json["storage"] == {"healthy": True, "provider": "local"}
    assert answer.json["database"] == {"healthy": True, "detail": "answers"}
    assert answer.json["redis"]["healthy"] is True
    assert answer.json["relay"]["lagSeconds"] is not None
    assert "qd_app" not in answer.text
    assert "127.0.0.1" not in answer.text


def test_without_a_relay_the_summary_says_so(app: Flask, fresh_checks: None) -> None:
    answer = app.test_client().get("/api/health")
    assert answer.json["status"] == "degraded"
    assert answer.json["relay"]["detail"] == "no relay leads; start one: flask relay"


@pytest.mark.parametrize(("ago_s", "is_healthy"), [(2, True), (40, False)])
def test_a_relay_that_leads_and_says_nothing_is_not_healthy(
    app: Flask, fresh_checks: None, pump: Callable[[], int], ago_s: int, *, is_healthy: bool
) -> None:
    pump()  # facts that other tests left waiting are lag
    name = (
        "SELECT set_config('application_name', :beat || (extract(epoch FROM clock_timestamp())::bigint - :ago), false)"
    )
    with app.app_context(), db.engines["system"].connect() as connection:
        connection.detach()
        assert try_lead(connection)
        connection.execute(sa.text(name), {"beat": BEAT, "ago": ago_s})
        connection.commit()
        told = app.test_client().get("/api/health").json["relay"]
    assert told["healthy"] is is_healthy
    assert ("silent for 4" in told["detail"]) is not is_healthy


def test_the_leading_relay_says_that_it_works(app: Flask, fresh_checks: None, pump: Callable[[], int]) -> None:
    pump()
    with app.app_context(), db.engines["system"].connect() as connection:
        connection.detach()
        assert try_lead(connection)
        beat(connection)
        connection.commit()
        named = connection.execute(sa.text("SELECT current_setting('application_name')")).scalar_one()
        assert named.startswith(BEAT)
        assert app.test_client().get("/api/health").json["relay"]["healthy"] is True


def test_an_unreachable_bucket_is_told_within_the_deadline(app: Flask) -> None:
    settings = app.config["SETTINGS"].model_copy(
        update={
            "storage_provider": "s3",
            "aws_s3_bucket": "uploads",
            "s3_endpoint": "http://127.0.0.1:1",
            "aws_access_key_id": SecretStr("k"),
            "aws_secret_access_key": SecretStr("s"),
        }
    )
    assert probe_storage(settings) == (False, "the bucket does not answer (EndpointConnectionError)")


def test_a_folder_that_cannot_be_written_is_told(app: Flask, tmp_path) -> None:
    (tmp_path / "file").write_text("")
    settings = app.config["SETTINGS"].model_copy(update={"upload_dir": tmp_path / "file"})
    assert probe_storage(settings) == (False, "the upload folder cannot be written; set UPLOAD_DIR")


def test_dependencies_are_for_admins(ada: Person, vera: Person, pat: Person, app: Flask) -> None:
    for admin in (ada, pat):
        answer = admin.get("/health/deps")
        assert answer.status_code == 200
        assert {one["name"] for one in answer.json["dependencies"]} == {"database", "redis", "relay", "storage"}
    assert vera.get("/health/deps").status_code == 403


def test_scripts_get_a_problem_document_and_never_a_sign_in_page(app: Flask) -> None:
    browser = {"Accept": "text/html,*/*"}
    for path, code in (("/health/deps", "not-signed-in"), ("/metrics", "metrics-token-needed")):
        answer = app.test_client().get(path, headers=browser, environ_base={"REMOTE_ADDR": "198.51.100.1"})
        assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
        assert answer.json["code"] == code
    assert app.test_client().get("/health/nothing", headers=browser).mimetype == "application/problem+json"


def test_systems_are_asked_at_most_every_two_seconds(app: Flask, fresh_checks: None) -> None:
    newest = checks.checks_of(app).newest
    assert newest() is newest()


def test_prometheus_can_read_the_metrics(app: Flask) -> None:
    client = app.test_client()
    client.get("/nothing-here")
    answer = client.get("/metrics")
    assert answer.status_code == 200
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    assert families["quarterdeck_database_up"].samples[0].value == 1
    assert any(
        sample.labels == {"endpoint": "none", "method": "GET", "status": "4xx"}
        for sample in families["quarterdeck_requests"].samples
    )


def test_metrics_are_for_this_machine_or_the_token(app: Flask) -> None:
    client = app.test_client()
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "198.51.100.1"}).status_code == 401
    assert client.get("/metrics", headers={"X-Forwarded-For": "198.51.100.1"}).status_code == 401
    before = app.config["SETTINGS"]
    app.config["SETTINGS"] = before.model_copy(update={"metrics_token": SecretStr("a-scraper's-token")})
    try:
        assert client.get("/metrics").status_code == 401
        sent = {"Authorization": "Bearer a-scraper's-token"}
        assert client.get("/metrics", headers=sent, environ_base={"REMOTE_ADDR": "198.51.100.1"}).status_code == 200
    finally:
        app.config["SETTINGS"] = before


def test_doctor_shows_settings_without_secrets_and_every_check(app: Flask, environment: dict[str, str]) -> None:
    result = app.test_cli_runner().invoke(args=["doctor"])
    assert "tenancy      the login is bound by row-level security on every table" in result.output
    assert "schema       at head" in result.output
    assert "no relay leads" in result.output
    assert result.exit_code == 1
    password = environment["DATABASE_URL"].split(":")[2].partition("@")[0]
    assert password not in result.output
    assert environment["SESSION_SECRET"] not in result.output


def test_probes_ask_by_address_and_everybody_else_by_name(app: Flask) -> None:
    client = app.test_client()
    for path in ("/health/live", "/health/ready"):
        assert client.get(path, headers={"Host": "10.0.0.7:3000"}).status_code == 200
    assert client.get("/login", headers={"Host": "10.0.0.7:3000"}).status_code == 400
    assert client.get("/login", headers={"Host": "evil.example"}).status_code == 400
