"""An installation of the bench's own, full of orders, with somebody signed in and a token of theirs."""

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app import create_app
from app.demo.generate import generate
from tests import stage
from tests.realtime.ear import cookie_of
from tests.services import running_services
from tests.world import PASSWORD, World, kept_superuser


@dataclass(frozen=True)
class Installation:
    """What a server and its driver need.

    Attributes:
        superuser: Address of the database for those who know no row-level security.
        folder: Where logs may go.
        cookie: Of a company admin of the largest company, as a header.
        token: An API token of theirs, for orders.
    """

    environment: dict[str, str]
    superuser: str
    folder: Path
    company_id: int
    cookie: str
    token: str

    @property
    def for_peers(self) -> dict[str, str]:
        """What the others are told."""
        return {"BENCH_DATABASE": self.superuser, "BENCH_COMPANY": str(self.company_id)}


@contextmanager
def running_installation(orders: int, companies: int) -> Iterator[Installation]:
    """Start servers and write orders; a third of them are the largest company's."""
    with running_services() as services, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)  # the product's processes run as somebody else
        urls = services.create_database()
        stage.migrate(urls, services.redis_url, folder)
        environment = {
            **stage.environment_for(urls, services.redis_url, folder), "QUARTERDECK_ENV": "development", "LOG_LEVEL": "INFO",
        }  # fmt: skip
        superuser = services.superuser_url(urls["DATABASE_URL"].rpartition("/")[2].partition("?")[0])
        stage.open_gates(superuser)
        app = create_app(stage.settings_from({**environment, "LOG_LEVEL": "ERROR"}))
        began = time.monotonic()
        with app.app_context():
            generate(orders, companies, password=PASSWORD, say=tell)
        print(
            f"\r{orders:,} orders of {companies:,} companies: written in {time.monotonic() - began:.0f} s", flush=True
        )
        sql = kept_superuser(superuser)
        sql.execute("VACUUM ANALYZE")
        company = sql.execute("SELECT id, slug FROM companies WHERE slug = 'bench-00000'").fetchone()
        assert company is not None
        person = World(app, sql).person(company, "company_admin")
        made = person.post("/api/tokens", json={"name": "bench", "scopes": ["orders:read"]}).json
        assert made is not None
        cookie = cookie_of(person)
        stage.let_go(app)
        yield Installation(environment, superuser, folder, company["id"], cookie, made["token"])


def tell(done: int, total: int) -> None:
    """Say how far the writing is."""
    print(f"\r{done:,} of {total:,}", end="", file=sys.stderr, flush=True)
