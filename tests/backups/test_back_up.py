"""A real dump, restored into an empty server, every count compared; a file that was changed is noticed."""

import json
from pathlib import Path

import pytest
from flask import Flask
from pydantic import SecretStr

from app.backups import drill, service, store
from app.backups.programs import login
from app.core.installation import installation
from app.core.tasks import run_job
from config import Settings
from tests.world import Person, World


@pytest.fixture
def app_with_folder(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The app with an upload folder of this test's own."""
    settings: Settings = app.config["SETTINGS"]
    monkeypatch.setitem(app.config, "SETTINGS", settings.model_copy(update={"upload_dir": tmp_path}))
    return app


@pytest.fixture
def backup(app_with_folder: Flask, ada: Person) -> store.Manifest:
    """A backup of everything, made just now."""
    with app_with_folder.app_context(), installation():
        return service.back_up()[0]


def test_it_restores_into_an_empty_server_and_every_count_is_right(
    app_with_folder: Flask, backup: store.Manifest, world: World
) -> None:
    assert backup.tables["companies"] >= 2
    assert backup.tables["users"] >= 1
    with app_with_folder.app_context(), installation():
        path = store.dump_path(backup.name)
        assert (path.stat().st_size, path.stat().st_mode & 0o777) == (backup.size_bytes, 0o600)
        assert store.digest(path) == backup.sha256
        row = service.run_drill()
        assert row.is_good, row.differences
        assert (row.tables, row.rows) == (len(backup.tables), backup.rows)
        assert next(iter(service.list_drills())).id == row.id


def test_a_changed_file_is_noticed(app_with_folder: Flask, backup: store.Manifest, pat: Person) -> None:
    with app_with_folder.app_context(), installation():
        path = store.dump_path(backup.name)
        with path.open("r+b") as target:
            target.seek(backup.size_bytes // 2)
            byte = target.read(1)
            target.seek(backup.size_bytes // 2)
            target.write(bytes([byte[0] ^ 1]))
        row = service.run_drill()
    assert not row.is_good
    assert "its SHA-256 differs" in row.verdict
    assert pat.get("/api/notifications").json["items"][0]["kind"] == "drill-failed"


def test_a_dump_that_pg_restore_cannot_read_is_noticed(app_with_folder: Flask, backup: store.Manifest) -> None:
    with app_with_folder.app_context(), installation():
        path = store.dump_path(backup.name)
        path.write_bytes(path.read_bytes()[: backup.size_bytes // 3])
        damaged = store.Manifest(**{**vars(backup), "sha256": store.digest(path)})
        finding = drill.drill(damaged)
    assert not finding.is_good
    assert "it cannot be restored" in finding.verdict


def test_a_missing_row_is_noticed(backup: store.Manifest) -> None:
    found = dict(backup.tables) | {"users": backup.tables["users"] - 1}
    del found["orders"]
    assert drill.compare(backup.tables, found) == [
        f"orders held {backup.tables['orders']} rows and came back with no.",
        f"users held {backup.tables['users']} rows and came back with {found['users']}.",
    ]


def test_the_page_the_jobs_and_the_json(app_with_folder: Flask, pat: Person) -> None:
    assert "There is no backup." in pat.get("/backups").text
    asked = pat.post("/api/backups")
    assert asked.status_code == 202, asked.text
    with app_with_folder.app_context():
        run_job(pat.company_id, asked.json["jobId"])
    (made,) = pat.get("/api/backups").json["backups"]
    page = pat.get("/backups").text
    assert made["sha256"] in page
    assert "Not tried" in page
    answer = pat.post("/backups/drills")
    assert answer.status_code == 303
    with app_with_folder.app_context():
        run_job(pat.company_id, answer.headers["Location"].rpartition("/")[2])
    assert "the last drill restored it all" in pat.get("/backups").text
    assert pat.get("/api/backups").json["drills"][0]["isGood"] is True


def test_nobody_but_a_platform_admin_sees_or_makes_one(ada: Person, sam: Person) -> None:
    for person in (ada, sam):
        assert person.get("/backups").status_code == 403
        assert person.get("/api/backups").status_code == 403
        for path in ("/backups", "/backups/drills", "/api/backups", "/api/backups/drills"):
            assert person.post(path).status_code == 403


def test_without_a_login_nothing_is_made_and_admins_are_told(
    app_with_folder: Flask, pat: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = app_with_folder.config["SETTINGS"].model_copy(update={"database_backup_url": None})
    monkeypatch.setitem(app_with_folder.config, "SETTINGS", settings)
    asked = pat.post("/api/backups").json["jobId"]
    with app_with_folder.app_context():
        run_job(pat.company_id, asked)
    assert "Set DATABASE_BACKUP_URL" in pat.get("/api/notifications").json["items"][0]["text"]
    assert "No login for backups" in pat.get("/backups").text


def test_a_dump_that_fails_leaves_no_file(app_with_folder: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = app_with_folder.config["SETTINGS"].model_copy(update={"pg_dump": "/bin/false"})
    monkeypatch.setitem(app_with_folder.config, "SETTINGS", settings)
    with app_with_folder.app_context(), installation():
        monkeypatch.setattr("app.backups.dump.find_program", lambda *_: "/bin/false")
        with pytest.raises(Exception, match="pg_dump ended with 1"):
            service.back_up()
        assert store.list_backups() == []
        assert list(store.dump_path("x").parent.iterdir()) == []


def test_the_commands_do_the_same(app_with_folder: Flask, ada: Person) -> None:
    runner = app_with_folder.test_cli_runner()
    made = runner.invoke(args=["backup", "make"])
    assert "sha256" in made.output, made.output
    assert runner.invoke(args=["backup", "list"]).output.count("quarterdeck-") == 1
    drilled = runner.invoke(args=["backup", "restore-drill"])
    assert (drilled.exit_code, "came back, as many as were written" in drilled.output) == (0, True), drilled.output


def test_a_password_is_on_no_command_line() -> None:
    address, environment = login(SecretStr("postgresql+psycopg://u:s3cret@h:1/d?sslmode=require").get_secret_value())
    assert address == "postgresql://u@h:1/d?sslmode=require"
    assert environment["PGPASSWORD"] == "s3cret"


def manifest(day: str) -> store.Manifest:
    return store.Manifest(f"b-{day}", f"{day}T03:00:00.000Z", 1.0, 1, "x", "17", "1", "dev", {})


def test_seven_days_and_four_weeks_are_kept() -> None:
    days = [f"2026-10-{n:02}" for n in range(1, 32)]
    kept = store.kept_names([manifest(day) for day in days])
    assert {name.removeprefix("b-") for name in kept} == {
        *days[-7:], "2026-10-25", "2026-10-18", "2026-10-11",
    }  # fmt: skip


def test_a_file_without_a_manifest_is_no_backup(app_with_folder: Flask, backup: store.Manifest) -> None:
    with app_with_folder.app_context(), installation():
        store.manifest_path(backup.name).write_text(json.dumps({"name": "half"}))
        assert store.list_backups() == []
        with pytest.raises(Exception, match="no backup"):
            service.run_drill()
