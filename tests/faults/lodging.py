"""Web processes with a Valkey and a PostgreSQL that a test may hurt, and people whose sessions it may end."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask
from redis import Redis

from app import create_app
from app.accounts import gate, session_store
from app.accounts.session_store import Browser as Seen
from app.accounts.sessions import fresh_data
from app.core.embedded.ports import find_free_port
from app.core.embedded.valkey import Valkey
from tests import stage
from tests.faults.callers import Answer, Browser
from tests.services import Services, running_services
from tests.site import Site
from tests.world import Person, World, superuser

OLD_TABLE = (
    "CREATE TABLE old_sessions (id serial PRIMARY KEY, session_id varchar(255) UNIQUE, data bytea, expiry timestamp)",
    "GRANT SELECT, DELETE ON old_sessions TO qd_app",
)


@dataclass
class House:
    """Web processes on a PostgreSQL and a Valkey of their own.

    Attributes:
        given: Every session id that was handed out.
    """

    services: Services
    site: Site
    app: Flask
    world: World
    given: list[str] = field(default_factory=list)

    @property
    def valkey(self) -> Valkey:
        assert self.services.valkey is not None
        return self.services.valkey

    def ask_valkey(self) -> Redis:
        return Redis.from_url(self.services.redis_url)

    def sign_in(self, person: Person) -> str:
        """Open a session for somebody; return the Cookie header of their browser."""
        with self.app.app_context():
            found = gate.find_user(person.email)
            assert found is not None
            opened = session_store.open_session(found, Seen(), self.app.config["SETTINGS"], data=fresh_data())
        self.given.append(opened.id)
        return f"qd={opened.id}"

    def ask(
        self,
        method: str,
        path: str,
        cookie: str,
        body: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        browser = Browser(self.site.url)
        try:
            return browser.ask(method, path, cookie, body, headers=headers)
        finally:
            browser.connection.close()

    def credential_of(self, cookie: str) -> str:
        """Return the public id of a session."""
        with self.app.app_context():
            found = gate.find_session(cookie.partition("=")[2])
        assert found is not None
        return found.id

    def open_sessions_of(self, person: Person) -> int:
        text = "SELECT count(*) AS n FROM sessions WHERE user_id = %s AND revoked_at IS NULL"
        found = self.world.sql.execute(text, (person.id,)).fetchone()
        assert found is not None
        return int(found["n"])


@contextmanager
def running_house(folder: Path) -> Iterator[House]:
    """Run two web workers, without relay and worker: nothing here waits for them."""
    with running_services() as services:
        urls = services.create_database(template=stage.TEMPLATE)
        port = find_free_port()
        environment = {**stage.environment_for(urls, services.redis_url, folder), "PORT": str(port)}
        environment["LEGACY_SESSION_TABLE"] = "old_sessions"
        app = create_app(stage.settings_from(environment))
        world = World(app, superuser(services.superuser_url(urls["DATABASE_URL"].rpartition("/")[2].partition("?")[0])))
        for text in OLD_TABLE:
            world.sql.execute(text)
        made = House(services, Site(f"http://127.0.0.1:{port}", environment, folder), app, world)
        try:
            made.site.start("web", "gunicorn", "-c", "gunicorn.conf.py", "tests.faults.callers_app:app")
            made.site.wait_until_ready()
            yield made
        finally:
            made.site.stop()
            world.sql.close()
            stage.let_go(app)
