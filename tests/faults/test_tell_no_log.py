"""Passwords, sessions, tokens, names, addresses, rows and arguments go through every route, job and error: no log tells one.

LOG_LINES is how many lines are read: in files and on the stdout of web, relay and worker, and in the logs of PostgreSQL
and Valkey.
"""

import http.client
import json
import os
import random
import re
import secrets
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from flask import Flask
from werkzeug.routing import Rule

from app import create_app
from tests import stage
from tests.faults import spills
from tests.faults.figures import Figures
from tests.laws.furnished import furnish
from tests.realtime.ear import Ear, cookie_of
from tests.services import Services, running_services
from tests.site import Site, wait_for
from tests.world import PASSWORD, SAME_ORIGIN, Person, World, superuser

pytestmark = pytest.mark.slow
LINES = int(os.environ.get("LOG_LINES", "2000"))
ASKS = LINES // 3  # a request makes more than three lines: its own, in two places, and what it failed with
FIGURES = Figures("logs")
CLIENTS = 4
KINDS = ("password", "name", "street", "query", "header", "cookie", "token", "path", "body", "field")
LEAVES = re.compile(r"logout|log_out|end_session|sign_out")  # who is signed in stays so
READY_S = 180
HARMLESS = 7  # faults that are told and end nothing: the job that had them is done
# Every way there is was really gone: a request, a job, a thread, an answer that broke off, a library, a stranger's message.
TOLD = (
    "request", "request failed", "job failed", "thread ended", "greenlet ended", "not written", "valkey away",
    "signed in", "cannot send to", "Error handling request", "Received unregistered task",
)  # fmt: skip


@dataclass
class House:
    """An installation of this test's own, with people whose every word is a canary.

    Attributes:
        mark: Stands in every canary, and nowhere else.
        secret: What must not be read either, by its name.
    """

    services: Services
    site: Site
    app: Flask
    folder: Path
    mark: str
    people: list[Person] = field(default_factory=list)
    secret: dict[str, str] = field(default_factory=dict)
    mark_of_things: str = ""
    dice: random.Random = field(default_factory=lambda: random.Random(29))

    def canary(self, kind: str) -> str:
        """Return one of a kind."""
        return f"{self.mark}{kind}{self.dice.randrange(10**6)}"

    def logs(self) -> dict[str, str]:
        """Return every log there is, by name."""
        assert self.services.postgres is not None
        data = self.services.postgres.place.data
        paths = [*self.folder.glob("*.log"), *(self.folder / "logs").glob("*"), *data.glob("*.log")]
        return {path.name: path.read_text(errors="replace") for path in paths}

    def count_lines(self) -> int:
        return sum(text.count("\n") for text in self.logs().values())


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """The installation, its people and their things."""
    with running_services() as services:
        urls = services.create_database(template=stage.TEMPLATE, name="house")
        environment = {
            **stage.environment_for(urls, services.redis_url, tmp_path), "QUARTERDECK_ENV": "staging",
            "LOG_LEVEL": os.environ.get("LOG_TOLD", "INFO"), "LOG_DIR": str(tmp_path / "logs"), "WEB_WORKERS": "2",
        }  # fmt: skip
        quiet = {**environment, "LOG_DIR": "", "LOG_LEVEL": "ERROR"}
        app = spills.add_faults(create_app(stage.settings_from({k: v for k, v in quiet.items() if v})))
        world = World(app, superuser(services.superuser_url("house")))
        port = stage_port()
        site = Site(f"http://127.0.0.1:{port}", {**environment, "PORT": str(port)}, tmp_path)
        made = House(services, site, app, tmp_path, f"kanari{secrets.token_hex(5)}")
        try:
            site.start("web", "gunicorn", "-c", "gunicorn.conf.py", "tests.faults.spill_web:app")
            site.start("relay", "flask", "--app", "tests.faults.spill_relay:create_app", "relay")
            site.start(
                "worker", "celery", "-A", "tests.faults.spill_worker", "worker", "--concurrency", "2",
                "--loglevel", "INFO",
            )  # fmt: skip
            move_in(made, world, urls)
            site.wait_until_ready()
            yield made
        finally:
            site.stop()
            world.sql.close()
            stage.let_go(app)


def stage_port() -> int:
    from app.core.embedded.ports import find_free_port

    return find_free_port()


def move_in(house: House, world: World, urls: dict[str, str]) -> None:
    """Make people whose names and addresses are canaries, with things that are; note what else is secret."""
    for person in (world.harbour("company_admin"), world.platform_admin()):
        person.email, person.name = f"{house.canary('mail')}@example.test", f"Iris {house.canary('name')}"
        world.sql.execute(
            "UPDATE users SET email = %s, name = %s WHERE id = %s", (person.email, person.name, person.id)
        )
        house.secret[f"session of a {person.role}"] = cookie_of(person).partition("=")[2]
        house.people.append(person)
    ada = house.people[0]
    token = ada.post("/api/tokens", json={"name": house.canary("name")}).json["token"]
    house.secret |= {"token": token, "password": PASSWORD, "SESSION_SECRET": stage.TEST_SECRET}
    house.secret |= {f"login {name}": urlsplit(url).password or "" for name, url in urls.items()}
    house.secret = {name: value for name, value in house.secret.items() if len(value) > 8}


@dataclass(frozen=True)
class Ask:
    """One request.

    Attributes:
        who: Whose browser; None for a stranger's.
    """

    method: str
    path: str
    who: Person | None
    headers: dict[str, str]
    body: bytes | None


def asks_of(house: House) -> Iterator[Ask]:
    """Give requests without end: the faults, and every route by somebody who is signed in and by a stranger, shuffled."""
    faults = [f"/spills/{name}" for name in spills.FAULTS] + ["/spills-broken"]
    things = furnish(house.people[0])
    house.mark_of_things = things.mark
    routes = [rule for rule in house.app.url_map.iter_rules() if not LEAVES.search(rule.endpoint)]
    house.dice.shuffle(routes)
    for rule in cycle(routes):
        method = house.dice.choice(sorted((rule.methods or {"GET"}) - {"HEAD", "OPTIONS"}) or ["GET"])
        own = things.path(rule) if "<" in rule.rule else rule.rule
        yield ask(house, method, own or address(house, rule), house.dice.choice(house.people))
        for _ in range(2):
            yield ask(house, method, address(house, rule), None)
        for _ in range(3):
            yield ask(house, "GET", f"{house.dice.choice(faults)}/{house.canary('path')}", None)


def address(house: House, rule: Rule) -> str:
    """Return the address of a rule with canaries in it."""
    return re.sub(r"<(\w+:)?\w+>", lambda found: "7" if found[1] == "int:" else house.canary("path"), rule.rule)


def ask(house: House, method: str, path: str, who: Person | None) -> Ask:
    """Return a request whose every part that a person fills in is a canary."""
    one = house.canary
    headers = {
        **SAME_ORIGIN, "User-Agent": one("header"), "Referer": f"https://example.test/?q={one('header')}",
        "X-Forwarded-For": one("header"), "X-Anything": one("header"),
        "Cookie": cookie_of(who) if who else f"qd={one('cookie')}; other={one('cookie')}",
    }  # fmt: skip
    if who is None and house.dice.random() < 0.5:
        headers["Authorization"] = f"Bearer qd_{one('token')}"
    body = None
    if method != "GET":
        fields = {
            "email": f"{one('mail')}@example.test", "password": one("password"), "name": one("name"), "q": one("field"),
            "street": one("street"), "customer": {"name": one("name"), "email": one("mail")}, "text": one("body"),
        }  # fmt: skip
        body, headers["Content-Type"] = json.dumps(fields).encode(), "application/json"
        if house.dice.random() < 0.5:
            flat = "&".join(f"{key}={quote(str(value))}" for key, value in fields.items())
            body, headers["Content-Type"] = flat.encode(), "application/x-www-form-urlencoded"
    return Ask(method, f"{path}?q={one('query')}&email={one('query')}@example.test", who, headers, body)


def speak(house: House, asks: Iterator[Ask], lock: threading.Lock, seen: Counter[int]) -> None:
    """Send requests over one connection until there are lines enough."""
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(house.site.url).port, timeout=60)
    while sum(seen.values()) < ASKS:
        with lock:
            one = next(asks)
        try:
            connection.request(one.method, one.path, one.body, one.headers)
            answer = connection.getresponse()
            if "stream" in one.path:
                connection.close()
            else:
                answer.read()
            seen[answer.status] += 1
        except (OSError, http.client.HTTPException):
            connection.close()
            seen[0] += 1


def test_no_secret_and_nobodys_data_in_any_log(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    seen: Counter[int] = Counter()
    asks, lock = asks_of(house), threading.Lock()
    ada = house.people[0]
    with ada.acting():
        spills.enqueue_all(house.canary("argument"))
    ear = Ear(house.site.url, cookie=cookie_of(ada), name=house.canary("name")).open()
    threads = [threading.Thread(target=speak, args=(house, asks, lock, seen)) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    disturb(house, seen)
    for thread in threads:
        thread.join()
    ear.client.disconnect()
    with ada.acting():  # now: no ledger knows of them, a Valkey that is killed forgets them
        spills.send_strangers(house.canary("argument"))
    wait_for(lambda: events_of(house)["job failed"] >= len(spills.FAULTS) - HARMLESS, limit_s=READY_S)
    wait_for(lambda: not untold(house), limit_s=READY_S, say=lambda: f"{untold(house)} of {events_of(house)}")
    events = events_of(house)
    lines = [(name, line) for name, text in house.logs().items() for line in text.splitlines()]
    told = [f"{name}: {line[:600]}" for name, line in lines if leaks_of(house, line)]
    FIGURES.say("lines read for secrets and personal data", len(lines), f">= {LINES}")
    FIGURES.say("of them telling one", len(told), "0")
    with capsys.disabled():
        print(f"\n{len(lines)} lines; answers {dict(sorted(seen.items()))}; {dict(events.most_common(12))}")
    assert told == [], "\n".join(told[:12])
    assert len(lines) >= LINES


def events_of(house: House) -> Counter[str]:
    """Count what was logged, by what happened."""
    texts = [text for name, text in house.logs().items() if name.endswith(".jsonl")]
    return Counter(json.loads(line)["event"] for text in texts for line in text.splitlines())


def untold(house: House) -> list[str]:
    """Return which of the ways was not gone yet: strangers' messages lie behind the jobs."""
    events = events_of(house)
    return [one for one in TOLD if not any(event.startswith(one) for event in events)]


def leaks_of(house: House, line: str) -> set[str]:
    """Return what a line tells that it must not."""
    found = {name for name, value in house.secret.items() if value in line}
    found |= {f"canary: {kind}" for kind in re.findall(f"{house.mark}([a-z]*)", line)}
    return found | ({"a thing of a company"} if house.mark_of_things in line else set())


def disturb(house: House, seen: Counter[int]) -> None:
    """Take Valkey away, end the database's connections, and let the relay change, each while people ask."""
    wait_for(lambda: sum(seen.values()) > ASKS // 4, limit_s=READY_S)
    valkey, postgres = house.services.valkey, house.services.postgres
    assert valkey is not None
    assert postgres is not None
    valkey.stop()
    wait_for(lambda: sum(seen.values()) > ASKS // 2, limit_s=READY_S)
    valkey.start()
    with superuser(postgres.url()) as sql:
        sql.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE 'qd_%'")
