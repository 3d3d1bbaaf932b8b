"""The page that sends files, as a plain form; by script: tests/storage/test_upload_by_script.py."""

import io
from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page
from pydantic import SecretStr

from tests.storage import hostile
from tests.world import Person


def test_the_page_asks_for_files_and_says_what_is_taken(sam: Person) -> None:
    answer = sam.get("/storage/upload")
    assert answer.status_code == 200
    assert 'enctype="multipart/form-data"' in answer.text
    assert "Anybody who knows the address" in answer.text
    assert "connect-src 'self';" in answer.headers["Content-Security-Policy"]


def test_a_plain_form_sends_several_files(sam: Person) -> None:
    sent = {"uploadType": "products", "file": [(io.BytesIO(hostile.PNG), "a.png"), (io.BytesIO(hostile.GIF), "b.gif")]}
    answer = sam.post("/storage/upload", data=sent, content_type="multipart/form-data")
    assert answer.status_code == 303, answer.text
    names = [one["fileName"] for one in sam.get("/api/files?category=products").json["items"]]
    assert names == ["b.gif", "a.png"]


def test_what_is_not_taken_is_named_and_the_rest_is_kept(sam: Person) -> None:
    sent = {"uploadType": "products", "file": [(io.BytesIO(hostile.HTML), "a.png"), (io.BytesIO(hostile.GIF), "b.gif")]}
    answer = sam.post("/storage/upload", data=sent, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "a.png was not taken" in answer.text
    assert "its bytes are text/html" in answer.text
    (kept,) = sam.get("/api/files").json["items"]
    assert kept["fileName"] == "b.gif"
    assert "1 kept." in answer.text
    assert f'<a href="/storage/files/{kept["id"]}">b.gif</a>' in answer.text


@pytest.mark.parametrize(
    ("sent", "status"), [({}, 422), ({"uploadType": "backups", "file": (io.BytesIO(b"a"), "a.txt")}, 422)]
)
def test_a_form_that_cannot_be_used_comes_back(sam: Person, sent: dict[str, object], status: int) -> None:
    answer = sam.post("/storage/upload", data=sent, content_type="multipart/form-data")
    assert answer.status_code == status
    assert "Nothing was sent" in answer.text


def test_a_viewer_cannot_open_it(vera: Person) -> None:
    assert vera.get("/storage/upload").status_code == 403
    assert vera.post("/storage/upload", data={}).status_code == 403


def test_scripts_talk_to_the_bucket_only_while_browsers_send_there(
    sam: Person, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.storage import providers, routing

    bucket = {
        "aws_s3_bucket": "b", "s3_endpoint": "https://inside:1", "s3_public_endpoint": "https://files.example.com", "s3_profile": "seaweedfs",
        "aws_access_key_id": SecretStr("k"), "aws_secret_access_key": SecretStr("s"),
    }  # fmt: skip
    before = app.config["SETTINGS"]
    monkeypatch.setattr(routing, "writes_to", lambda: "s3")
    for is_direct, wanted in ((True, "connect-src 'self' https://files.example.com;"), (False, "connect-src 'self';")):
        changed = before.model_copy(update={**bucket, "storage_direct_uploads": is_direct})
        monkeypatch.setitem(app.config, "SETTINGS", changed)
        monkeypatch.setitem(app.extensions, providers.EXTENSION, providers.Providers(changed))
        assert wanted in sam.get("/storage/upload").headers["Content-Security-Policy"]
        assert wanted not in sam.get("/storage").headers["Content-Security-Policy"] or not is_direct


@pytest.mark.parametrize("has_script", [True, False], ids=["script", "plain"])
def test_it_fits_a_narrow_screen(open_page: Callable[..., Page], sam: Person, *, has_script: bool) -> None:
    page = open_page(sam, "/storage/upload", java_script_enabled=has_script)
    page.set_viewport_size({"width": 320, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    for one in ("#send .drop", "#f-uploadType", "#f-file"):
        box = page.locator(one).bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= 320, one
