"""Migrations on pages and over JSON: tried out, started, switched, taken back; for platform admins alone."""

from flask import Flask

from app.storage.migrating.runner import run
from tests.storage.migrating.conftest import Move, look
from tests.storage.shelf import put_file
from tests.world import Person

PAGE, API = "/storage/migrations", "/api/storage/migrations"


def test_a_move_goes_its_way_on_pages(places: Flask, ada: Person, pat: Person) -> None:
    with ada.acting():
        put_file("one.txt")
    assert "this disk" in pat.get(PAGE).text
    planned = pat.post(PAGE, data={"source": "local", "target": "s3", "company": ada.company_slug})
    assert planned.status_code == 303, planned.text
    here = planned.location
    assert "It would move <strong>1 file</strong>" in pat.get(here).text
    assert "Start copying" in pat.get(f"{here}/start").text
    assert pat.post(f"{here}/start").status_code == 303
    with places.app_context():
        run(here.rpartition("/")[2])
    assert "verified" in pat.get(here).text
    assert "Move to S3" in pat.get("/storage").text
    assert pat.post(f"{here}/switch", data={"reason": ""}).status_code == 422
    assert pat.post(f"{here}/switch", data={"reason": "cheaper"}).status_code == 303
    with places.app_context():
        run(here.rpartition("/")[2])
    text = pat.get(here).text
    assert "keeps its own" in text
    assert "Remove old files…" not in text  # the days of grace
    assert pat.post(f"{here}/limits", data={"threads": "4", "grace_days": "0"}).status_code == 303
    assert "Remove old files…" in pat.get(here).text
    assert pat.post(f"{here}/removal", data={"reason": "done", "typed": "S3"}).status_code == 422
    assert pat.post(f"{here}/rollback", data={"reason": "slow"}).status_code == 303
    with places.app_context():
        run(here.rpartition("/")[2])
    assert look(places, here.rpartition("/")[2]).phase == "rolled-back"


def test_a_move_goes_its_way_over_json(places: Flask, ada: Person, pat: Person) -> None:
    with ada.acting():
        put_file("one.txt")
    planned = pat.post(API, json={"target": "s3", "company": ada.company_slug, "threads": 2})
    assert planned.status_code == 201, planned.text
    here = f"{API}/{planned.json['id']}"
    assert (planned.json["plan"]["files"], planned.json["options"]["threads"]) == (1, 2)
    assert pat.post(f"{here}/start").json["phase"] == "copying"
    assert pat.post(f"{here}/start").status_code == 409
    of_all = pat.post(API, json={"target": "s3"})
    assert of_all.status_code == 201, of_all.text
    other = of_all.json["id"]
    assert pat.post(f"{API}/{other}/start").json["code"] == "migration-runs"
    assert pat.post(f"{here}/pause").json["isPaused"] is True
    assert pat.patch(here, json={"objectsPerS": 5, "window": "22-6"}).json["options"]["objects_per_s"] == 5
    assert pat.patch(here, json={"window": "7"}).status_code == 422
    assert pat.delete(f"{here}/pause").json["isPaused"] is False
    pat.patch(here, json={"window": ""})
    with places.app_context():
        run(planned.json["id"])
    done = pat.get(here).json
    assert (done["phase"], done["states"]["verified"]) == ("ready", {"files": 1, "bytes": done["plan"]["bytes"]})
    assert pat.get(f"{here}/failures").json == {"items": [], "nextCursor": None}
    assert pat.post(f"{here}/stop", json={"reason": "not now"}).json["phase"] == "stopped"
    assert {"local", "s3"} <= set(pat.get(API).json["providers"])


def test_failures_are_listed_with_their_reason(places: Flask, ada: Person, pat: Person, begun: Move) -> None:
    with ada.acting():
        one = put_file("one.txt")
        (places.config["SETTINGS"].upload_dir / "objects" / one.key).unlink()
    row = begun()
    with places.app_context():
        run(row.id)
    [failure] = pat.get(f"{API}/{row.id}/failures").json["items"]
    assert (failure["state"], failure["fileName"], failure["company"]) == ("lost", "one.txt", ada.company_slug)
    assert "could not be moved" in pat.get(f"{PAGE}/{row.id}").text


def test_nobody_else_sees_migrations(ada: Person, sam: Person, vera: Person, cleo: Person) -> None:
    for person in (ada, sam, vera, cleo):
        assert person.get(PAGE).status_code == 403
        assert person.get(API).status_code == 403
        assert person.post(API, json={"target": "s3"}).status_code == 403


def test_a_migration_nobody_planned_is_not_there(pat: Person) -> None:
    assert pat.get(f"{PAGE}/nothing").status_code == 404
    assert pat.get(f"{API}/nothing").status_code == 404
    assert pat.post(f"{PAGE}/nothing/start").status_code == 404
