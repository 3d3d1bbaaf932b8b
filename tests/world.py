"""The cast. Every test gets fresh companies, so nothing needs cleaning and tests run beside each other."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, cached_property
from typing import Any

import psycopg
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.core.context import acting_as
from app.core.ids import CompanyId, new_ulid
from app.core.tenancy import acting_for

PASSWORD = "correct horse battery staple"
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
Connection = psycopg.Connection[dict[str, Any]]


class Person:
    """Somebody signed in, with the shortest way to ask for something.

    Attributes:
        company_id: The company they act in (their own).
    """

    def __init__(self, world: "World", row: dict[str, Any]) -> None:
        self.world, self.app = world, world.app
        self.id: int = row["id"]
        self.public_id: str = row["public_id"]
        self.email: str = row["email"]
        self.name: str = row["name"]
        self.role: str = row["role"]
        self.company_id = CompanyId(row["company_id"])
        self.company_slug: str = row["slug"]
        self.password = PASSWORD

    @cached_property
    def client(self) -> FlaskClient:
        """A browser of theirs, signed in by password."""
        client = self.app.test_client()
        answer = client.post("/api/login", json={"email": self.email, "password": PASSWORD}, headers=SAME_ORIGIN)
        assert answer.status_code == 200, answer.text
        return client

    def ask(self, method: str, path: str, **kwargs: Any) -> TestResponse:
        """Send a request from their browser, and read what it answers to its end.

        An answer left half read keeps the request's context on this thread, until a garbage collection takes away
        the context of whichever test is running then. Only a stream of events, which has no end, is left open.
        """
        headers = {**SAME_ORIGIN, **kwargs.pop("headers", {})}
        answer = self.client.open(path, method=method, headers=headers, **kwargs)
        if answer.mimetype != "text/event-stream":
            answer.get_data()
        return answer

    def get(self, path: str, **kwargs: Any) -> TestResponse:
        """GET."""
        return self.ask("GET", path, **kwargs)

    def post(self, path: str, **kwargs: Any) -> TestResponse:
        """POST."""
        return self.ask("POST", path, **kwargs)

    def put(self, path: str, **kwargs: Any) -> TestResponse:
        """PUT."""
        return self.ask("PUT", path, **kwargs)

    def patch(self, path: str, **kwargs: Any) -> TestResponse:
        """PATCH."""
        return self.ask("PATCH", path, **kwargs)

    def delete(self, path: str, **kwargs: Any) -> TestResponse:
        """DELETE."""
        return self.ask("DELETE", path, **kwargs)

    def fragment(self, path: str, **kwargs: Any) -> TestResponse:
        """GET as htmx asks for a piece of a page."""
        headers = {"HX-Request": "true", "HX-Request-Type": "partial", **kwargs.pop("headers", {})}
        return self.get(path, headers=headers, **kwargs)

    @contextmanager
    def acting(self) -> Iterator[None]:
        """Call services as this person, outside a request."""
        who = {"kind": "user", "id": self.public_id, "name": self.name}
        with self.app.app_context(), acting_for(self.company_id), acting_as(who):
            yield


class World:
    """Makes companies and people directly in the database."""

    def __init__(self, app: Flask, sql: Connection) -> None:
        self.app, self.sql = app, sql
        self._companies: dict[str, dict[str, Any]] = {}

    def harbour(self, role: str) -> Person:
        """Somebody of the company the test is about."""
        return self.person(self._company("harbour"), role)

    def northwind(self, role: str) -> Person:
        """Somebody of the other company."""
        return self.person(self._company("northwind"), role)

    def platform_admin(self) -> Person:
        """Somebody above all companies."""
        row = self.sql.execute("SELECT id, slug FROM companies WHERE slug = 'platform'").fetchone()
        return self.person(row or self.company("platform", type_="platform", slug="platform"), "platform_admin")

    def _company(self, name: str) -> dict[str, Any]:
        if name not in self._companies:
            self._companies[name] = self.company(name)
        return self._companies[name]

    def company(self, name: str, *, type_: str = "retailer", slug: str | None = None) -> dict[str, Any]:
        """Make a company; its slug is unique unless given."""
        public_id = new_ulid()
        row = self.sql.execute(
            "INSERT INTO companies (public_id, slug, name, type) VALUES (%s, %s, %s, %s) "
            "ON CONFLICT (slug) DO UPDATE SET slug = excluded.slug RETURNING id, slug",
            (public_id, slug or f"{name}-{public_id[-10:].lower()}", name.title(), type_),
        ).fetchone()
        assert row is not None
        return row

    def person(self, company: dict[str, Any], role: str) -> Person:
        """Make somebody with a password."""
        public_id = new_ulid()
        row = self.sql.execute(
            "INSERT INTO users (company_id, public_id, email, name, role, password_hash) "
            "VALUES (%s, %s, %s, %s, %s, %s) RETURNING *",
            (
                company["id"],
                public_id,
                f"{role}-{public_id.lower()}@example.test",
                role.replace("_", " ").title(),
                role,
                password_hash(),
            ),
        ).fetchone()
        assert row is not None
        return Person(self, {**row, "slug": company["slug"]})


@cache
def password_hash() -> str:
    """Hash the cast's password once per process."""
    return HASHER.hash(PASSWORD)


def superuser(url: str) -> Connection:
    """Return a connection that sees everything; each statement is a transaction of its own."""
    return psycopg.connect(url, autocommit=True, prepare_threshold=None, row_factory=psycopg.rows.dict_row)


_kept: dict[str, Connection] = {}


def kept_superuser(url: str) -> Connection:
    """Return this process's one connection to a stage's database, as new: nearly every test asks for it."""
    found = _kept.get(url)
    if found is None or found.closed:
        found = _kept[url] = superuser(url)
        return found
    found.rollback()
    found.execute("DISCARD ALL")
    return found
