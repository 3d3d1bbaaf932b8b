"""A real dump, restored into an empty server, every count compared; a file that was changed is noticed."""

import io
import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from flask import Flask
from pydantic import SecretStr

from app.backups import drill, old, service, store
from app.backups.manifest import Manifest
from app.backups.programs import login
from app.core.installation import installation
from app.core.tasks import run_job
from app.storage import providers
from app.storage.reads.variants import find_variant
from app.storage.service.opening import open_file
from app.storage.service.sending import keep
from app.storage.service.trash import hold, purge
from config import Settings
from tests.world import Person, World


@pytest.fixture
def app_with_folder(app: Flask, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The app with an upload folder of this test's own, and no backup of another test's."""
    settings: Settings = app.config["SETTINGS"]
    mine = settings.model_copy(update={"upload_dir": tmp_path})
    monkeypatch.setitem(app.config, "SETTINGS", mine)
    monkeypatch.setitem(app.extensions, providers.EXTENSION, providers.Providers(mine))
    # A held file is not deleted, and a test of holding leaves one: backups of other tests are let go first.
    world.sql.execute("UPDATE stored_files SET held_at = NULL, hold_reason = '' WHERE category = 'backups'")
    world.sql.execute("DELETE FROM stored_files WHERE category = 'backups'")
    return app


def path_of(app: Flask, name: str) -> Path:
    """Where the bytes of a backup are on this disk. Inside `installation()`."""
    (row,) = [row for row in store.stored() if row.file_name == f"{name}.dump"]
    folder: Path = app.config["SETTINGS"].upload_dir
    return folder / "objects" / row.key


@pytest.fixture
def backup(app_with_folder: Flask, ada: Person) -> Manifest:
    """A backup of everything, made just now."""
    with app_with_folder.app_context(), installation():
        return service.back_up()[0]


def test_it_restores_into_an_empty_server_and_every_count_is_right(
    app_with_folder: Flask, backup: Manifest, world: World
) -> None:
    assert backup.tables["companies"] >= 2
    assert backup.tables["users"] >= 1
    with app_with_folder.app_context(), installation():
        path = path_of(app_with_folder, backup.name)
        assert (path.stat().st_size, path.stat().st_mode & 0o007) == (backup.size_bytes, 0)
        assert store.digest(path) == backup.sha256
        row = service.run_drill(is_started=False)
        assert row.is_good, row.differences
        assert (row.tables, row.rows) == (len(backup.tables), backup.rows)
        assert next(iter(service.list_drills())).id == row.id


def test_a_changed_file_is_noticed(app_with_folder: Flask, backup: Manifest, pat: Person) -> None:
    with app_with_folder.app_context(), installation():
        path = path_of(app_with_folder, backup.name)
        with path.open("r+b") as target:
            target.seek(backup.size_bytes // 2)
            byte = target.read(1)
            target.seek(backup.size_bytes // 2)
            target.write(bytes([byte[0] ^ 1]))
        row = service.run_drill()
    assert not row.is_good
    assert "its SHA-256 differs" in row.verdict
    assert pat.get("/api/notifications").json["items"][0]["kind"] == "drill-failed"


def test_a_dump_that_pg_restore_cannot_read_is_noticed(app_with_folder: Flask, backup: Manifest) -> None:
    with app_with_folder.app_context(), installation():
        path = path_of(app_with_folder, backup.name)
        path.write_bytes(path.read_bytes()[: backup.size_bytes // 3])
        damaged = Manifest(**{**vars(backup), "sha256": store.digest(path)})
        finding = drill.drill(damaged)
    assert not finding.is_good
    assert "it cannot be restored" in finding.verdict


def test_a_missing_row_is_noticed(backup: Manifest) -> None:
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
    answer = pat.post("/backups/drills")  # as a job it starts the product, too
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
        assert [path for path in app_with_folder.config["SETTINGS"].upload_dir.rglob("*") if path.is_file()] == []


def test_the_commands_do_the_same(app_with_folder: Flask, ada: Person) -> None:
    runner = app_with_folder.test_cli_runner()
    made = runner.invoke(args=["backup", "make"])
    assert "sha256" in made.output, made.output
    assert runner.invoke(args=["backup", "list"]).output.count("quarterdeck-") == 1
    drilled = runner.invoke(args=["backup", "restore-drill", "--without-start"])
    assert (drilled.exit_code, "came back, as many as were written" in drilled.output) == (0, True), drilled.output
    assert " s  Restoring\n" in drilled.output
    assert "foreign keys\n" in drilled.output


def test_a_password_is_on_no_command_line() -> None:
    address, environment = login(SecretStr("postgresql+psycopg://u:s3cret@h:1/d?sslmode=require").get_secret_value())
    assert address == "postgresql://u@h:1/d?sslmode=require"
    assert environment["PGPASSWORD"] == "s3cret"


def manifest(day: str) -> Manifest:
    return Manifest(f"b-{day}", f"{day}T03:00:00.000Z", 1.0, 1, "x", "17", "1", "dev", {})


def test_seven_days_and_four_weeks_are_kept() -> None:
    days = [f"2026-10-{n:02}" for n in range(1, 32)]
    kept = store.kept_names([manifest(day) for day in days])
    assert {name.removeprefix("b-") for name in kept} == {
        *days[-7:], "2026-10-25", "2026-10-18", "2026-10-11",
    }  # fmt: skip


def test_what_it_holds_is_stored_beside_it_too(app_with_folder: Flask, backup: Manifest) -> None:
    with app_with_folder.app_context(), installation():
        (dump,) = store.stored()
        beside = find_variant(dump.id, "manifest")
        assert beside is not None
        with open_file(beside) as pieces:
            found = json.loads(b"".join(pieces))
    assert (found["name"], found["sha256"], found["key"]) == (backup.name, backup.sha256, dump.key)


def test_backups_of_before_are_listed_and_drilled(app_with_folder: Flask, backup: Manifest) -> None:
    with app_with_folder.app_context(), installation():
        dump = old.dump_path(backup.name)
        dump.parent.mkdir(parents=True)
        path_of(app_with_folder, backup.name).rename(dump)
        purge([row.id for row in store.stored()])
        assert store.list_backups() == [], "a dump without a manifest was never finished"
        with pytest.raises(Exception, match="no backup"):
            service.run_drill()
        old.manifest_path(backup.name).write_text(json.dumps({"name": "half"}))
        assert store.list_backups() == []
        old.manifest_path(backup.name).write_text(json.dumps(asdict(backup)))
        assert store.list_backups() == [backup]
        with store.fetched(backup.name) as path:
            assert store.digest(path) == backup.sha256


def test_old_ones_go_and_held_ones_stay(app_with_folder: Flask, backup: Manifest) -> None:
    with app_with_folder.app_context(), installation():
        (row,) = store.stored()
        for days in range(1, 12):
            at = f"2026-10-{days:02}T03:00:00.000Z"
            made = replace(backup, name=f"old-{days}", made_at=at)
            new = replace(store.new_file(made.name), size_bytes=4, about={"manifest": asdict(made)})
            keep(new, io.BytesIO(b"dump"))
        hold(next(one.id for one in store.stored() if one.file_name == "old-1.dump"), "case 12")
        gone = store.prune()
        assert "old-1" not in gone
        assert set(gone) == {"old-2", "old-3", "old-5"}
        assert {one.name for one in store.list_backups()} == {
            backup.name,
            "old-1",
            "old-4",
            *(f"old-{n}" for n in range(6, 12)),
        }
        assert row.id in {one.id for one in store.stored()}
