"""Flags of every type, and scripts that ask for them by token."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.core.db import db, transaction
from app.core.ids import new_ulid
from app.core.installation import installation, installation_id
from app.core.pushed import bump
from app.flags.models import FlagEnvironment, FlagRow
from tests.world import Person

BOOLEAN = {"on": True, "off": False}
FlagMaker = Callable[..., str]


def make_flag_row(
    app: Flask, *, environment: str = "production", variants: dict[str, Any] | None = None, type_: str = "boolean",
    scope: str = "user", on: str = "on", off: str | None = "off", **settings: Any,
) -> str:  # fmt: skip
    """Save a flag as the database keeps it; on for everybody unless `settings` say otherwise."""
    key = f"ofrep-{new_ulid().lower()}"
    with app.app_context(), installation(), transaction():
        revision = bump("flags")
        db.session.add(
            FlagRow(
                company_id=installation_id(), key=key, variants=variants or BOOLEAN, salt=key, changed_in=revision,
                type=type_, scope=scope, on_variant=on, off_variant=off,
            )
        )  # fmt: skip
        db.session.flush()
        db.session.add(
            FlagEnvironment(
                company_id=installation_id(), flag_key=key, environment=environment, changed_in=revision,
                settings={"enabled": True, "percentage": 100_000, **settings},
            )
        )  # fmt: skip
    return key


def change_settings(app: Flask, key: str, **settings: Any) -> None:
    """Save other settings of a flag."""
    with app.app_context(), installation(), transaction():
        row = db.session.get_one(FlagEnvironment, (installation_id(), key, "production"))
        row.settings = {**row.settings, **settings}
        row.changed_in = bump("flags")


@pytest.fixture
def make_flag(app: Flask) -> FlagMaker:
    """Save a flag and return its key."""
    return lambda **how: make_flag_row(app, **how)


@dataclass
class Script:
    """A client of OFREP with somebody's token."""

    client: FlaskClient
    token: str

    def ask(self, path: str, body: Any = None, **headers: str) -> TestResponse:
        """POST as a provider does."""
        sent = {"Authorization": f"Bearer {self.token}", **{k.replace("_", "-"): v for k, v in headers.items()}}
        return self.client.post(path, json={} if body is None else body, headers=sent)

    def one(self, key: str, context: dict[str, Any] | None = None) -> TestResponse:
        """Evaluate one flag."""
        return self.ask(f"/ofrep/v1/evaluate/flags/{key}", {"context": context or {}})

    def all(self, context: dict[str, Any] | None = None, **headers: str) -> TestResponse:
        """Evaluate all flags."""
        return self.ask("/ofrep/v1/evaluate/flags", {"context": context or {}}, **headers)


def script_of(person: Person, *scopes: str) -> Script:
    """Make a token for somebody."""
    body = {"name": "sdk", "scopes": list(scopes) or ["flags:evaluate"], "limitPerMin": 100_000}
    made = person.post("/api/tokens", json=body)
    assert made.status_code == 201, made.text
    return Script(person.app.test_client(), made.json["token"])


@pytest.fixture
def sdk(ada: Person) -> Script:
    """A script of ada's company that may evaluate."""
    return script_of(ada)
