"""What the account tests share: addresses of their own, mails, a Valkey that may be hurt, rows behind the curtain."""

import re
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr

from app import create_app
from app.core.tasks import run_job
from app.core.tenancy import system_work
from tests import services as servers
from tests.stage import let_go
from tests.world import SAME_ORIGIN, Person, World

Sql = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def sql(world: World) -> Sql:
    """Ask the database as nobody in the app can."""

    def run(statement: str, *values: Any) -> list[dict[str, Any]]:
        cursor = world.sql.execute(statement, values)
        return cursor.fetchall() if cursor.description else []

    return run


@pytest.fixture
def address() -> str:
    """An address no other test has, because failed sign-ins are counted by it."""
    return "10." + ".".join(str(secrets.randbelow(250) + 1) for _ in range(3))


def browser(app: Flask, person: Person, ip: str = "127.0.0.1") -> FlaskClient:
    """Another browser of somebody, signed in."""
    client = app.test_client()
    answer = sign_in(client, person.email, person.password, ip)
    assert answer.status_code == 200, answer.text
    return client


def sign_in(client: FlaskClient, email: str, password: str, ip: str = "127.0.0.1", **more: str) -> Any:
    """Send e-mail and password as JSON."""
    body = {"email": email, "password": password, **more}
    return client.post("/api/login", json=body, headers=SAME_ORIGIN, environ_base={"REMOTE_ADDR": ip})


def cookie_of(client: FlaskClient) -> str:
    """The session id a browser holds."""
    found = client.get_cookie("qd")
    assert found is not None
    return found.value


def facts(sql: Sql, company_id: int, type_: str) -> list[dict[str, Any]]:
    """What was told of one type, whether the relay has come by already or not."""
    asked = "SELECT data, occurred_at FROM {} WHERE company_id = %s AND type = %s"
    union = " UNION ALL ".join(asked.format(table) for table in ("outbox", "event_log"))
    rows = sql(f"{union} ORDER BY occurred_at", company_id, type_, company_id, type_)
    return [row["data"] for row in rows]


class Post:
    """The mails of one company's jobs."""

    def __init__(self, app: Flask, sql: Sql) -> None:
        self.app, self.sql = app, sql

    def deliver(self, company_id: int) -> list[str]:
        """Run the company's waiting mail jobs; return the texts of the mails they wrote."""
        folder = self.app.config["SETTINGS"].quarterdeck_home / "mail"
        before = set(self.files(folder))
        waiting = self.sql(
            "SELECT id FROM jobs WHERE company_id = %s AND state = 'queued' AND name LIKE 'accounts.%%'", company_id
        )
        for row in waiting:
            with self.app.app_context(), system_work():
                run_job(company_id, row["id"])
        return [path.read_text() for path in self.files(folder) if path not in before]

    @staticmethod
    def files(folder: Path) -> list[Path]:
        """The mails written so far, oldest first."""
        return sorted(folder.glob("*.eml")) if folder.exists() else []

    def link(self, company_id: int) -> str:
        """Deliver one mail and return the path of the link in it."""
        (text,) = self.deliver(company_id)
        found = re.search(r"http://[^/\s]+(/\S+)", text.replace("=\n", ""))
        assert found is not None, text
        return found[1]


@pytest.fixture
def post(app: Flask, sql: Sql) -> Post:
    """Delivers mails into files."""
    return Post(app, sql)


@pytest.fixture
def own_valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A Valkey for a test that kills, freezes or empties it."""
    import shutil
    import tempfile

    from app.core.embedded.place import find_place
    from app.core.embedded.ports import find_free_port
    from app.core.embedded.valkey import Valkey

    folder = Path(tempfile.mkdtemp(prefix=servers.FOLDER_PREFIX + "valkey-"))
    folder.chmod(0o711)
    server = Valkey(find_place(folder), find_free_port(), "valkey", is_durable=False)
    server.start()
    yield server
    if server.process is not None:
        server.process.kill()
        server.process.wait()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def frail(app: Flask, own_valkey: Any) -> Iterator[Flask]:
    """The app on the Valkey that may be hurt."""
    settings = app.config["SETTINGS"].model_copy(update={"redis_url": SecretStr(own_valkey.url())})
    made = create_app(settings)
    yield made
    let_go(made)
