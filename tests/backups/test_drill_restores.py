"""What a drill notices besides a row that is missing, and that a restored installation goes on where it was."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from flask import Flask

from app import create_app
from app.backups import drill, objects, service, soundness, store
from app.backups.manifest import Manifest
from app.backups.shape import compare_shapes, shape_of
from app.core.ids import new_ulid
from app.core.installation import installation
from app.storage import providers
from config import Settings
from tests.laws.furnished import asked
from tests.stage import change_places, environment_for, let_go, settings_from
from tests.storage.shelf import put_file
from tests.world import PASSWORD, SAME_ORIGIN, Person

pytestmark = pytest.mark.slow


OTHER = "came back with other columns, keys, policies or rights."
NAMED = {
    "policy": "SELECT polname FROM pg_policy WHERE polrelid = 'orders'::regclass LIMIT 1",
    "index": "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = 'orders'::regclass AND NOT indisunique LIMIT 1",
}
HARMS = [
    ("DROP POLICY {policy} ON orders", f"orders {OTHER}"),
    ("ALTER TABLE orders DISABLE ROW LEVEL SECURITY", f"orders {OTHER}"),
    ("REVOKE SELECT ON orders FROM qd_app", f"orders {OTHER}"),
    ("GRANT SELECT ON users TO PUBLIC", f"users {OTHER}"),
    ("DROP INDEX {index}", f"orders {OTHER}"),
    ("DROP TABLE order_notes CASCADE", "order_notes did not come back."),
    ("CREATE TABLE more (id int)", "more was not there before."),
    ("DROP FUNCTION forget_query_history()", "forget_query_history() did not come back."),
    ("ALTER TABLE orders NO FORCE ROW LEVEL SECURITY", "orders came back without forced row-level security."),
    ("SELECT setval('companies_id_seq', 1)", "companies_id_seq is at 1, and companies.id at"),
    ("DELETE FROM event_log WHERE seq = 2 AND topic = 'orders' AND company_id = {company}", "The events of orders of"),
    ("DELETE FROM topic_heads WHERE company_id = {company} AND topic = 'orders'", "The events of orders of"),
    ("ALTER TABLE order_notes ADD CONSTRAINT loose FOREIGN KEY (company_id) REFERENCES companies (id) NOT VALID",
     "order_notes came back with loose not validated."),
]  # fmt: skip


@dataclass
class Restored:
    """A company's things, backed up and restored elsewhere.

    Attributes:
        copy: Where.
        number: Its order.
    """

    copy: drill.Copy
    made: Manifest
    number: int
    ada: Person


@pytest.fixture
def restored(
    app: Flask, ada: Person, pump: Callable[[], int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Restored]:
    """A company with an order, a file and some events; all of it in a database of its own, restored from a backup."""
    settings: Settings = app.config["SETTINGS"]
    mine = settings.model_copy(update={"upload_dir": tmp_path})
    monkeypatch.setitem(app.config, "SETTINGS", mine)
    monkeypatch.setitem(app.extensions, providers.EXTENSION, providers.Providers(mine))
    sku = f"SKU-{new_ulid()}"
    asked(
        ada,
        "POST",
        "/api/inventory",
        {"sku": sku, "name": "Frame", "category": "frames", "onHand": 9, "unitPrice": "12.50"},
    )
    lines = [{"sku": sku, "quantity": 2, "unitPrice": "12.50"}]
    order = {"customer": {"name": "Iris"}, "currency": "GBP", "lines": lines}
    number = asked(ada, "POST", "/api/orders", order)["number"]
    for act in ("payment", "packing"):
        asked(ada, "POST", f"/api/orders/{number}/{act}", {})
    with ada.acting():
        put_file()
    pump()
    with app.app_context(), installation():
        made, _ = service.back_up()
        with store.fetched(made.name) as path, drill.empty_server() as copy:
            drill.restore(path, copy.url)
            yield Restored(copy, made, number, ada)


def test_what_was_restored_is_as_it_was_and_sound(app: Flask, restored: Restored) -> None:
    with psycopg.connect(restored.copy.url) as sql, app.app_context(), installation():
        written, found = store.shape_written(restored.made.name), shape_of(sql)
        assert compare_shapes(written, found) == []
        assert len(found) > 150
        assert soundness.count_keys(sql) > 50
        for look in (
            soundness.find_loose_keys, soundness.find_open_tables, soundness.find_low_sequences, soundness.find_gaps,
        ):  # fmt: skip
            assert look(sql) == [], look
        number, lost = objects.find_lost(sql)
        assert (number >= 1, lost) == (True, [])
        sql.execute("UPDATE stored_files SET provider = 's3'")
        _, lost = objects.find_lost(sql)
        assert lost == ["The files at s3 could not be looked at: s3 is not set up here. It needs AWS_S3_BUCKET."]


def test_what_is_not_as_it_was_is_named(app: Flask, restored: Restored) -> None:
    with psycopg.connect(restored.copy.url) as sql, app.app_context(), installation():
        names = {name: sql.execute(query).fetchone()[0] for name, query in NAMED.items()}
        for harm, noticed in HARMS:
            for statement in harm.format(**names, company=restored.ada.company_id).split("; "):
                sql.execute(statement)
            found = compare_shapes(store.shape_written(restored.made.name), shape_of(sql))
            found += soundness.find_open_tables(sql) + soundness.find_loose_keys(sql)
            found += soundness.find_low_sequences(sql) + soundness.find_gaps(sql)
            assert any(noticed in sentence for sentence in found), (harm, found)
            sql.rollback()


def test_the_installation_goes_on_where_it_was(app: Flask, restored: Restored, tmp_path: Path) -> None:
    ada, copy = restored.ada, restored.copy
    cookie = ada.client.get_cookie("qd")
    there = create_app(
        settings_from({**environment_for(copy.urls, "redis://127.0.0.1:1/0", tmp_path), "UPLOAD_DIR": str(tmp_path)})
    )
    change_places(app, there)
    try:
        browser = there.test_client()
        browser.set_cookie("qd", cookie.value)
        assert browser.get("/api/user").json["email"] == ada.email, "a session of before is one still"
        client = there.test_client()
        answer = client.post("/api/login", json={"email": ada.email, "password": PASSWORD}, headers=SAME_ORIGIN)
        assert answer.status_code == 200, answer.text
        assert client.get(f"/api/orders/{restored.number}").json["customer"]["name"] == "Iris"
        shipped = client.post(
            f"/api/orders/{restored.number}/shipment", json={"carrier": "Royal Mail"}, headers=SAME_ORIGIN
        )
        assert shipped.status_code in {200, 201}, shipped.text
        events = client.get("/api/events?topic=orders&limit=100").json["events"]
        assert [one["seq"] for one in events] == list(range(1, len(events) + 1))
        files = client.get("/api/files").json
        assert files["items"], files
    finally:
        change_places(there, app)
        let_go(there)
