"""The commands for people with a shell."""

import pytest
from click.testing import Result
from flask import Flask

from app.accounts.secrets import is_token
from app.core.ids import new_ulid
from tests.accounts.conftest import Sql, sign_in
from tests.accounts.test_use_second_factor import switch_on
from tests.world import Person


def flask(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(args=list(arguments))


def test_a_company_and_its_first_admin(app: Flask, address: str) -> None:
    slug, email = f"lab-{new_ulid().lower()[-10:]}", f"{new_ulid().lower()}@example.test"
    assert "is ready" in flask(app, "companies", "create", "--slug", slug, "--name", "A Lab", "--type", "lab").output
    made = flask(app, "users", "create", "--email", email, "--name", "Lu", "--role", "company_admin", "--company", slug)
    password = made.output.rpartition("Password: ")[2].strip()
    assert sign_in(app.test_client(), email, password, address).json["user"]["role"] == "company_admin"
    assert email in flask(app, "users", "list", "--company", slug).output
    again = flask(app, "users", "create", "--email", email, "--name", "Lu", "--role", "staff", "--company", slug)
    assert again.exit_code == 1
    assert "There is an account with this address" in again.output


def test_the_first_platform_admin(app: Flask, address: str) -> None:
    email, password = f"{new_ulid().lower()}@example.test", "a long enough sentence"
    made = flask(
        app, "users", "create", "--email", email, "--name", "Root", "--role", "platform_admin", "--password", password
    )
    assert made.exit_code == 0
    assert password not in made.output
    assert sign_in(app.test_client(), email, password, address).json["user"]["company"] is None


def test_a_lock_out_ends_with_one_command(app: Flask, ada: Person, address: str) -> None:
    switch_on(ada)
    made = flask(app, "users", "reset-password", "--email", ada.email)
    password = made.output.rpartition("Password: ")[2].strip()
    assert sign_in(app.test_client(), ada.email, password, address).status_code == 200
    assert ada.client.get("/api/user").status_code == 401


def test_a_token_stands_alone_on_its_line(app: Flask, ada: Person) -> None:
    made = flask(app, "tokens", "create", "--user", ada.email, "--scope", "orders:read", "--limit", "6000/min")
    token = made.output.strip()
    assert is_token(token)
    headers = {"Authorization": f"Bearer {token}"}
    assert app.test_client().get("/api/user", headers=headers).status_code == 200
    assert app.test_client().get("/api/users", headers=headers).status_code == 403
    listed = flask(app, "tokens", "list", "--user", ada.email).output
    assert token[:8] in listed
    assert token not in listed
    assert flask(app, "tokens", "revoke", token).output == "Revoked.\n"
    assert app.test_client().get("/api/user", headers=headers).status_code == 401
    assert flask(app, "tokens", "revoke", "nothing").exit_code == 1


def test_a_token_s_own_limit_is_per_minute(app: Flask, ada: Person, sql: Sql) -> None:
    flask(app, "tokens", "create", "--user", ada.email, "--limit", "100/s")
    (row,) = sql("SELECT limit_per_min FROM api_tokens WHERE user_id = %s", ada.id)
    assert row["limit_per_min"] == 6000


@pytest.mark.parametrize(
    "arguments",
    [
        ("tokens", "create", "--user", "nobody@example.test"),
        ("tokens", "list", "--user", "nobody@example.test"),
        ("users", "reset-password", "--email", "nobody@example.test"),
        ("users", "list", "--company", "nowhere"),
        ("users", "create", "--email", "x@example.test", "--name", "X", "--role", "staff", "--company", "nowhere"),
        ("users", "create", "--email", "no address", "--name", "X", "--role", "platform_admin"),
        (
            "users",
            "create",
            "--email",
            "x@example.test",
            "--name",
            "X",
            "--role",
            "platform_admin",
            "--password",
            "short",
        ),
        ("companies", "create", "--slug", "platform", "--name", "Again"),
    ],
)
def test_what_can_not_be_done_says_so(app: Flask, arguments: tuple[str, ...]) -> None:
    result = flask(app, *arguments)
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")


def test_bad_scopes_and_limits_say_so(app: Flask, ada: Person) -> None:
    assert "There is no scope" in flask(app, "tokens", "create", "--user", ada.email, "--scope", "moon:read").output
    assert "is no limit" in flask(app, "tokens", "create", "--user", ada.email, "--limit", "many").output
