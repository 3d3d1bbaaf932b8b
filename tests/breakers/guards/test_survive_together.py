"""gunicorn with two workers and the relay lose PostgreSQL: answers come at once, and everybody finds it again."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from app.accounts.secrets import new_token
from tests import stage
from tests.services import Services
from tests.site import Site, running_site, wait_for

pytestmark = pytest.mark.slow
STRANGE = new_token()
LIMIT_S = 60  # for machines that do much else


@pytest.fixture
def lone_site(own: Services, tmp_path: Path) -> Iterator[Site]:
    """Real processes on servers that may be stopped."""
    urls = own.create_database(template=stage.TEMPLATE, name="site")
    with running_site(stage.environment_for(urls, own.redis_url, tmp_path), tmp_path) as running:
        yield running


def ask(site: Site) -> tuple[int, dict[str, Any], float]:
    """Ask with a token nobody has: 401 while the database answers. Return status, problem and seconds."""
    request = Request(f"{site.url}/api/orders", headers={"Authorization": f"Bearer {STRANGE}"})  # noqa: S310 (our own address)
    begun = time.monotonic()
    try:
        with urlopen(request, timeout=10) as answer:  # noqa: S310 (as above)
            return answer.status, {}, time.monotonic() - begun
    except HTTPError as error:
        return error.code, json.loads(error.read()), time.monotonic() - begun


def health(site: Site) -> dict[str, Any]:
    with urlopen(f"{site.url}/api/health", timeout=10) as answer:  # noqa: S310 (as above)
        found: dict[str, Any] = json.loads(answer.read())
        return found


def test_every_process_is_told_at_once_and_finds_it_again(own: Services, lone_site: Site) -> None:
    wait_for(lambda: ask(lone_site)[0] == 401, limit_s=LIMIT_S)
    wait_for(lambda: health(lone_site)["relay"]["healthy"], limit_s=LIMIT_S)
    own.postgres.stop()
    wait_for(lambda: ask(lone_site)[0] == 503, limit_s=LIMIT_S)
    answers = [ask(lone_site) for _ in range(40)]
    assert {(status, problem["code"]) for status, problem, _ in answers} == {(503, "database-away")}
    assert all(1 <= problem["retryAfterS"] <= 5 for _, problem, _ in answers)
    assert sorted(took for _, _, took in answers)[20] < 0.5

    own.postgres.start()
    begun = time.monotonic()
    wait_for(lambda: all(ask(lone_site)[0] == 401 for _ in range(6)), limit_s=LIMIT_S)
    print(f"found again after {time.monotonic() - begun:.1f} s")
    wait_for(lambda: health(lone_site)["relay"]["healthy"], limit_s=LIMIT_S)
