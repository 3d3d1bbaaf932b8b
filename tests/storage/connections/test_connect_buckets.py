"""Other people's buckets: tried before they are kept, sealed, looked through, counted, and never written to."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
import urllib3
from flask import Flask

from app.core.installation import installation
from app.core.tasks import run_job
from app.storage.adapters.profiles import PROFILES
from app.storage.adapters.s3_boto import Boto, Place
from app.storage.connections import bucket as buckets
from app.storage.connections import reads, scan
from app.storage.connections.problems import BucketNotReached
from tests.storage.care.test_use_pages import tells
from tests.storage.servers import Server
from tests.world import Person

Client = Any  # boto3 makes its classes at run time
KEYS = ["a & b/ü.txt", "docs/page.html", "docs/x/1", "docs/x/2", "top.txt", "with space+plus%41.txt"]


@pytest.fixture
def filled(seaweed: Server, bucket: str) -> Client:
    about = seaweed.about
    place = Place(bucket, "us-east-1", about["endpoint"], "", about["access"], about["secret"])
    client = Boto(place, PROFILES["seaweedfs"]).client
    for number, key in enumerate(KEYS):
        kind = "text/html" if key.endswith(".html") else "text/plain"
        client.put_object(Bucket=bucket, Key=key, Body=b"x" * (number + 1), ContentType=kind, Metadata={"who": "them"})
    return client


@pytest.fixture
def trusting(app_with: Callable[..., Flask], seaweed: Server) -> Flask:
    """An app that may call SeaweedFS, which listens on this machine."""
    return app_with(feed_hosts=seaweed.about["endpoint"].removeprefix("http://"))


@pytest.fixture
def wanted(seaweed: Server, bucket: str) -> dict[str, Any]:
    about = seaweed.about
    return {
        "name": f"Theirs {bucket[-6:]}", "endpoint": about["endpoint"], "bucket": bucket, "accessKey": about["access"],
        "secretKey": about["secret"],
    }  # fmt: skip


@pytest.fixture
def connected(trusting: Flask, filled: Client, wanted: dict[str, Any], pat: Person) -> str:
    answer = pat.post("/api/connections", json=wanted)
    assert answer.status_code == 201, answer.text
    return str(answer.json["id"])


def test_a_bucket_is_connected_and_its_secret_sealed(connected: str, wanted: dict[str, Any], pat: Person) -> None:
    shown = pat.get(f"/api/connections/{connected}")
    assert (shown.json["state"], shown.json["hasSecret"], shown.json["usage"]) == ("good", True, None)
    assert wanted["secretKey"] not in shown.text
    kept = pat.world.sql.execute("SELECT secret FROM connections WHERE id = %s", (connected,)).fetchone()
    assert kept is not None
    assert wanted["secretKey"] not in kept["secret"]
    for path in ("/connections", f"/connections/{connected}"):
        page = pat.get(path)
        assert wanted["name"] in page.text
        assert wanted["secretKey"] not in page.text


def test_others_see_none_of_it(connected: str, ada: Person, sam: Person, wanted: dict[str, Any]) -> None:
    for person in (ada, sam):
        assert person.get("/connections").status_code == 403
        assert person.get(f"/api/connections/{connected}/objects").status_code == 403
        assert person.post("/api/connections", json=wanted).status_code == 403


def test_what_does_not_answer_or_refuses_is_not_kept(trusting: Flask, wanted: dict[str, Any], pat: Person) -> None:
    for change in ({"secretKey": "wrong"}, {"bucket": "no-such-bucket-here"}):
        answer = pat.post("/api/connections", json=wanted | change)
        assert (answer.status_code, answer.json["code"]) == (422, "bucket-not-reached"), answer.text
    page = pat.post("/connections", data=wanted | {"secretKey": "wrong"})
    assert page.status_code == 422
    assert "wrong" not in re.sub(r"went wrong", "", page.text).split("<form")[-1]
    assert wanted["name"] not in [one["name"] for one in pat.get("/api/connections").json["items"]]


@pytest.mark.parametrize(
    "endpoint",
    ["http://127.0.0.1:9000", "https://127.0.0.1", "https://169.254.169.254", "https://[::1]", "https://user:pw@s3.example", "ftp://s3.example", "https://s3.example/bucket"],
)  # fmt: skip
def test_an_address_inside_is_not_called(app: Flask, wanted: dict[str, Any], pat: Person, endpoint: str) -> None:
    answer = pat.post("/api/connections", json=wanted | {"endpoint": endpoint})
    assert (answer.status_code, answer.json["code"]) == (422, "address-refused"), answer.text


@pytest.mark.parametrize(
    ("endpoint", "said"),
    [
        ("http://s3.example", "It must begin with https://, so that nobody on the way reads what is secret."),
        ("https://user:pw@s3.example", "Put no name or password into it; what is secret has a field of its own."),
        ("https://nowhere.invalid", "There is no address of the name nowhere.invalid. Look how it is spelled."),
    ],
)
def test_a_refusal_speaks_of_what_the_form_has(
    app: Flask, wanted: dict[str, Any], pat: Person, endpoint: str, said: str
) -> None:
    answer = pat.post("/connections", data=wanted | {"endpoint": endpoint})
    assert answer.status_code == 422
    assert said in unescape(answer.text)
    assert "token" not in unescape(answer.text).split("was not connected")[1].split("</div>")[0]
    assert "Errno" not in answer.text


def test_folders_and_objects_are_listed_page_by_page(connected: str, pat: Person) -> None:
    top = pat.get(f"/api/connections/{connected}/objects").json
    assert top["folders"] == ["a & b/", "docs/"]
    assert [one["key"] for one in top["items"]] == ["top.txt", "with space+plus%41.txt"]
    inside = pat.get(f"/api/connections/{connected}/objects", query_string={"prefix": "docs/"}).json
    assert (inside["folders"], [one["key"] for one in inside["items"]]) == (["docs/x/"], ["docs/page.html"])
    seen, after = [], None
    for _ in range(10):
        query = {"prefix": "docs/x/", "limit": "1"} | ({"after": after} if after else {})
        part = pat.get(f"/api/connections/{connected}/objects", query_string=query).json
        seen += [one["key"] for one in part["items"]]
        after = part["nextCursor"]
        if after is None:
            break
    assert seen == ["docs/x/1", "docs/x/2"]
    assert pat.get(f"/api/connections/{connected}/objects?after=forged").status_code == 400


def test_an_object_is_shown_and_fetched_as_a_download(connected: str, pat: Person) -> None:
    for key in KEYS:
        shown = pat.get(f"/connections/{connected}/object", query_string={"key": key})
        assert shown.status_code == 200, shown.text
        assert "x-amz-meta-who" in shown.text
    answer = pat.get(f"/connections/{connected}/content", query_string={"key": "docs/page.html"})
    assert answer.status_code == 303
    fetched = urllib3.request("GET", answer.headers["Location"])
    assert (fetched.status, fetched.data) == (200, b"xx")
    assert fetched.headers["Content-Type"] == "application/octet-stream"
    assert fetched.headers["Content-Disposition"].startswith("attachment")
    signed = pat.post(f"/api/connections/{connected}/objects/signed-url", json={"key": KEYS[-1]}).json
    assert urllib3.request("GET", signed["url"]).status == 200
    assert pat.get(f"/connections/{connected}/object", query_string={"key": "none"}).status_code == 404


def test_an_inventory_counts_all_of_it_and_goes_on_after_a_stop(
    trusting: Flask, connected: str, pat: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan, "PAGE", 2)
    monkeypatch.setattr(scan, "SAVE_EVERY", 1)
    stopped = scan.Inventory()
    with trusting.app_context(), installation():
        row = reads.find_connection(connected)
        stopped.add(reads.bucket_of(row).page(most=2, deep=True).things)
        scan.save(connected, stopped, is_done=False)
    started = pat.post(f"/api/connections/{connected}/scans")
    assert started.status_code == 202
    with trusting.app_context():
        run_job(pat.company_id, started.json["jobId"])
    usage = pat.get(f"/api/connections/{connected}").json["usage"]
    assert (usage["objects"], usage["bytes"]) == (len(KEYS), sum(range(1, len(KEYS) + 1)))
    assert usage["folders"] == {"a & b/": [1, 1], "docs/": [3, 9], "(not in a folder)": [2, 11]}
    assert usage["largest"][0][:2] == ["with space+plus%41.txt", 6]
    assert "counted" in pat.get(f"/connections/{connected}").text
    assert tells(pat, "connection.changed", connected), "a page that is open learns of it"


def test_a_key_is_changed_only_for_one_that_works(connected: str, wanted: dict[str, Any], pat: Person) -> None:
    key = {"accessKey": wanted["accessKey"], "secretKey": "wrong"}
    assert pat.put(f"/api/connections/{connected}/secret", json=key).status_code == 422
    assert pat.post(f"/connections/{connected}/secret", data=key).status_code == 422
    assert pat.post(f"/api/connections/{connected}/tests").json["state"] == "good"
    assert (
        pat.put(f"/api/connections/{connected}/secret", json=key | {"secretKey": wanted["secretKey"]}).status_code
        == 200
    )


def test_a_forgotten_secret_looks_at_nothing(connected: str, pat: Person) -> None:
    assert pat.delete(f"/api/connections/{connected}/secret").json["hasSecret"] is False
    assert pat.delete(f"/api/connections/{connected}/secret").json["hasSecret"] is False
    answer = pat.get(f"/api/connections/{connected}/objects")
    assert (answer.status_code, answer.json["code"]) == (409, "secret-removed")
    assert "Enter its key" in pat.get(f"/connections/{connected}").text


def test_removing_touches_nothing_in_the_bucket(connected: str, filled: Client, bucket: str, pat: Person) -> None:
    assert "Nothing in the bucket" in pat.get(f"/connections/{connected}/removal").text
    assert pat.post(f"/connections/{connected}/removal", data={"what": "all"}).status_code == 303
    assert pat.get(f"/api/connections/{connected}").status_code == 404
    assert pat.delete(f"/api/connections/{connected}").status_code == 404
    assert filled.list_objects_v2(Bucket=bucket)["KeyCount"] == len(KEYS)


def test_a_name_is_taken_once(connected: str, wanted: dict[str, Any], pat: Person) -> None:
    assert pat.post("/api/connections", json=wanted).json["code"] == "connection-name-taken"


def test_a_secret_moved_to_another_row_does_not_open(trusting: Flask, connected: str, pat: Person) -> None:
    pat.world.sql.execute(
        "UPDATE connections SET secret = overlay(secret placing 'AAAA' from 20) WHERE id = %s", (connected,)
    )
    assert pat.get(f"/api/connections/{connected}/objects").json["code"] == "secret-unreadable"
    assert pat.get(f"/connections/{connected}").status_code == 200


@pytest.mark.parametrize(
    "body",
    [b"", b"<html></html>", b"not xml", b'<!DOCTYPE x [<!ENTITY a "b">]><ListBucketResult/>', b"<ListBucketResult>"],
)
def test_an_answer_that_is_no_list_is_refused(body: bytes) -> None:
    with pytest.raises(BucketNotReached):
        buckets.read_page(body)
