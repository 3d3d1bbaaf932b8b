"""Last use: counted once a minute, by people only."""

from flask import Flask

from app.accounts.activity import EXTENSION
from tests.accounts.conftest import Sql, browser
from tests.world import SAME_ORIGIN, Person

IDLE = "UPDATE sessions SET last_seen_at = now() - interval '5 min' WHERE user_id = %s"
FRESH = "SELECT 1 FROM sessions WHERE user_id = %s AND last_seen_at > now() - interval '1 min'"


def test_a_click_counts_off_the_request_path(app: Flask, ada: Person, sql: Sql) -> None:
    client = browser(app, ada)
    sql(IDLE, ada.id)
    client.get("/api/user")
    app.extensions[EXTENSION].write()
    assert sql(FRESH, ada.id) != []
    assert sql("SELECT 1 FROM users WHERE id = %s AND last_seen_at IS NOT NULL", ada.id) != []


def test_a_page_that_refreshes_itself_does_not_count(app: Flask, ada: Person, sql: Sql) -> None:
    client = browser(app, ada)
    sql(IDLE, ada.id)
    client.get("/api/user", headers={"X-Live": "1"})
    app.extensions[EXTENSION].write()
    assert sql(FRESH, ada.id) == []


def test_a_minute_s_clicks_are_written_once(app: Flask, ada: Person, sql: Sql) -> None:
    client = browser(app, ada)
    (before,) = sql("SELECT last_seen_at FROM sessions WHERE user_id = %s", ada.id)
    for _ in range(5):
        client.get("/api/user")
    app.extensions[EXTENSION].write()
    assert sql("SELECT last_seen_at FROM sessions WHERE user_id = %s", ada.id) == [before]


def test_a_token_s_use_is_counted(app: Flask, ada: Person, sql: Sql) -> None:
    token = ada.post("/api/tokens", json={"name": "script"}).json["token"]
    app.test_client().get("/api/user", headers={"Authorization": f"Bearer {token}"})
    app.extensions[EXTENSION].write()
    assert sql("SELECT 1 FROM api_tokens WHERE user_id = %s AND last_used_at IS NOT NULL", ada.id) != []


def test_it_never_wakes_a_session_that_is_over(app: Flask, ada: Person, sql: Sql) -> None:
    client = browser(app, ada)
    sql(IDLE, ada.id)
    client.get("/api/user")
    client.post("/logout", headers=SAME_ORIGIN)
    app.extensions[EXTENSION].write()
    assert sql(FRESH, ada.id) == []


def test_whoever_is_signed_in_was_never_never_seen(app: Flask, ada: Person, sam: Person, vera: Person) -> None:
    browser(app, sam)
    ada.get("/api/user")
    rows = {one["email"]: one["lastSeenAt"] for one in ada.get("/api/users").json["items"]}
    assert rows[ada.email] is not None
    assert rows[sam.email] is not None
    assert rows[vera.email] is None
