"""Valkey killed, frozen, emptied and full under load, sessions ended in the middle of requests: nobody is signed out, nobody comes back.

By FAULT_SESSION_RATE, _SECONDS, _FREEZE_S, _REVOKES, _ROUNDS and _OLD_ROWS as long as one likes (bench/soak.py).
"""

import json
import os
import pickle
import secrets
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import msgspec
import pytest
from redis.exceptions import OutOfMemoryError

from app.accounts import session_store
from app.accounts.secrets import hash_secret
from tests.faults.callers import Answer, Callers, at_once
from tests.faults.dumps import dump_postgres, dump_valkey
from tests.faults.figures import Figures
from tests.faults.lodging import House, running_house
from tests.site import wait_for
from tests.world import Person

pytestmark = pytest.mark.slow
RATE, SECONDS = int(os.environ.get("FAULT_SESSION_RATE", "40")), int(os.environ.get("FAULT_SESSION_SECONDS", "4"))
FREEZE_S = float(os.environ.get("FAULT_SESSION_FREEZE_S", "2"))
REVOKES, ROUNDS = int(os.environ.get("FAULT_SESSION_REVOKES", "24")), int(os.environ.get("FAULT_SESSION_ROUNDS", "1"))
OLD_ROWS = int(os.environ.get("FAULT_SESSION_OLD_ROWS", "160"))
WRITERS, PEOPLE = 50, 20
figures = Figures("sessions")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with running_house(tmp_path_factory.mktemp("house")) as running:
        yield running


@pytest.fixture
def callers(house: House) -> Callers:
    """Twenty people, asked once each, so that Valkey holds their sessions."""
    cookies = [house.sign_in(house.world.harbour("staff")) for _ in range(PEOPLE)]
    for cookie in cookies:
        assert house.ask("GET", "/settings", cookie).status == 200
    return Callers(house.site.url, cookies, rate=RATE)


def test_what_this_machine_answers_undisturbed(house: House, callers: Callers) -> None:
    with callers:
        callers.go_on_for(SECONDS / 4)
    callers.report(figures, "undisturbed")


def test_a_killed_valkey_signs_nobody_out(house: House, callers: Callers) -> None:
    with callers:
        callers.go_on_for(SECONDS / 4)
        assert house.valkey.process is not None
        house.valkey.process.kill()
        house.valkey.process.wait()
        callers.go_on_for(SECONDS / 2)
        house.valkey.start()
        callers.go_on_for(SECONDS / 4)
    callers.report(figures, "killed")


def test_a_frozen_valkey_signs_nobody_out(house: House, callers: Callers) -> None:
    assert house.valkey.process is not None
    with callers:
        callers.go_on_for(0.5)
        house.valkey.process.send_signal(signal.SIGSTOP)
        try:
            callers.go_on_for(FREEZE_S)
        finally:
            house.valkey.process.send_signal(signal.SIGCONT)
        callers.go_on_for(0.5)
    callers.report(figures, f"frozen {FREEZE_S:g} s", worst="< 500 ms")


def test_an_emptied_valkey_signs_nobody_out(house: House, callers: Callers) -> None:
    with callers, house.ask_valkey() as valkey:
        for _ in range(4):
            callers.go_on_for(SECONDS / 8)
            valkey.flushall()
        callers.go_on_for(SECONDS / 4)
    callers.report(figures, "emptied 4 times")


def test_a_full_valkey_signs_nobody_out_and_lets_people_in(house: House, callers: Callers) -> None:
    person = house.world.harbour("staff")
    login = json.dumps({"email": person.email, "password": person.password})
    with callers, house.ask_valkey() as valkey:
        valkey.config_set("maxmemory", "1mb")
        try:
            callers.go_on_for(SECONDS / 2)
            answers = [house.ask("POST", "/api/login", "", login) for _ in range(5)]
            cookies = [answer.cookies[0].partition(";")[0] for answer in answers if answer.status == 200]
            inside = [house.ask("GET", "/settings", cookie).status for cookie in cookies]
            with pytest.raises(OutOfMemoryError):
                valkey.set("anything", "more")
        finally:
            valkey.config_set("maxmemory", "0")
        callers.go_on_for(SECONDS / 4)
    house.given += [cookie.partition("=")[2] for cookie in cookies]
    callers.report(figures, "full")
    figures.say("full: sign-ins refused", 5 - len(inside), "0")
    assert inside == [200] * 5, answers


def test_what_is_ended_in_the_middle_of_requests_stays_ended(house: House) -> None:
    ada, sam = house.world.harbour("company_admin"), house.world.harbour("staff")
    keeper = house.sign_in(ada)
    outcomes = at_once([partial(end_in_the_middle, house, sam, keeper, number) for number in range(REVOKES)], 8)
    in_flight = sum(one[0] for one in outcomes)
    back = sum(one[1] for one in outcomes) + house.open_sessions_of(sam)
    figures.say(f"revoked with {in_flight} of {REVOKES * 2} requests in the middle: came back", back, "0")
    assert (in_flight, back) == (REVOKES * 2, 0)


def end_in_the_middle(house: House, person: Person, keeper: str, number: int) -> tuple[int, int]:
    """Revoke a session two requests have read; return how many lost their cookie for it, and how often it worked again."""
    cookie, name = house.sign_in(person), f"middle-{number}-{secrets.token_hex(4)}"
    credential = house.credential_of(cookie)
    browsers = [partial(house.ask, "POST", f"/probe/{name}/key{n}/revoked", cookie) for n in range(2)]
    with house.ask_valkey() as valkey:

        def revoke() -> Answer:
            wait_for(lambda: valkey.get(name) == b"2", limit_s=30)
            return house.ask("DELETE", f"/api/sessions/{credential}?reason=lost", keeper)

        *late, revoked = at_once([*browsers, revoke], 3)
    assert revoked.status in {200, 204}, revoked
    after = [house.ask("GET", path, cookie).status for path in ("/api/user", "/settings")]
    return sum(answer.is_signed_out for answer in late), sum(status == 200 for status in after)


def test_what_is_ended_while_valkey_is_away_is_dead_when_it_is_back(house: House) -> None:
    person, stale = house.world.harbour("staff"), house.ask_valkey()
    keeper, *cookies = [house.sign_in(person) for _ in range(PEOPLE)]
    keys = [session_store.cache_key(cookie.partition("=")[2]) for cookie in cookies]
    assert {house.ask("GET", "/settings", cookie).status for cookie in cookies} == {200}
    assert stale.exists(*keys) == len(keys)
    assert house.valkey.process is not None
    house.valkey.process.send_signal(signal.SIGSTOP)
    try:
        revoked = house.ask("DELETE", "/api/sessions", keeper)
        away = [house.ask("GET", "/settings", cookie).status for cookie in cookies]
    finally:
        house.valkey.process.send_signal(signal.SIGCONT)
    assert json.loads(revoked.body) == {"revoked": len(cookies)}
    assert stale.exists(*keys) == len(keys), "the copies are still there"
    back = at_once([partial(house.ask, "GET", "/settings", cookie) for cookie in cookies * 20], 8)
    alive = sum(status == 200 for status in [*away, *(answer.status for answer in back)])
    figures.say(f"{len(cookies)} ended while Valkey was away: answered after that", alive, "0")
    assert (alive, house.ask("GET", "/settings", keeper).status) == (0, 200)


def test_fifty_writers_at_once_keep_fifty_keys(house: House) -> None:
    kept = []
    for number in range(ROUNDS):
        cookie, name = house.sign_in(house.world.harbour("staff")), f"writers-{number}-{secrets.token_hex(4)}"
        path = f"/probe/{name}/{{}}/beside/{WRITERS}"
        answers = at_once([partial(house.ask, "POST", path.format(f"key{n}"), cookie) for n in range(WRITERS)], WRITERS)
        assert {answer.status for answer in answers} == {200}
        row = house.world.sql.execute(
            "SELECT data FROM sessions WHERE hash = %s", (hash_secret(cookie.partition("=")[2]),)
        ).fetchone()
        assert row is not None
        kept.append(len({f"key{n}" for n in range(WRITERS)} & set(row["data"])))
    figures.say(f"{ROUNDS} × {WRITERS} writers that had all read the same: fewest keys kept", min(kept), f"{WRITERS}")
    assert set(kept) == {WRITERS}


def test_old_rows_of_every_format_keep_their_people(house: House, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    people = [house.world.harbour("staff") for _ in range(8)]
    rows = [(secrets.token_urlsafe(32), people[n % len(people)], ENCODERS[n % len(ENCODERS)]) for n in range(OLD_ROWS)]
    put_old_rows(house, [(old_id, encode(person)) for old_id, person, encode in rows if encode is pickled])
    told = house.app.test_cli_runner().invoke(args=["sessions", "adopt"]).output
    assert told.endswith(" 0 left: nobody active is named in them.\n"), told
    put_old_rows(house, [(old_id, encode(person)) for old_id, person, encode in rows if encode is not pickled])
    put_old_rows(house, [(BOMB, pickle.dumps({"user_id": people[0].public_id, "x": Bomb(trace)}))])
    moved = at_once([partial(move_in, house, old_id, person) for old_id, person, _ in rows], 8)
    house.given += [old_id for old_id, _, _ in rows]
    figures.say(f"{OLD_ROWS} old rows of {len(ENCODERS)} formats: signed out", moved.count(False), "0")
    assert all(moved)
    assert house.ask("GET", "/api/user", f"session={BOMB}").status == 401
    figures.say("pickles opened in a request", int(trace.exists()), "0")
    assert not trace.exists()


BOMB = "the-bomb-of-somebody-else"


class Bomb:
    """What a pickle can do to who opens it."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.trace,)


def pickled(person: Person) -> bytes:
    return pickle.dumps({"user_id": person.id, "at": datetime.now(UTC), "tags": {"a", "b"}, "_permanent": True})


ENCODERS: tuple[Callable[[Person], bytes], ...] = (
    lambda person: msgspec.msgpack.encode({"user_id": person.public_id, "_permanent": True, "basket": ["LENS-1"]}),
    lambda person: msgspec.json.encode({"_user_id": str(person.id), "_fresh": True}),
    lambda person: msgspec.msgpack.encode({"email": person.email, "at": datetime.now(UTC), "raw": b"\xff\x00"}),
    lambda person: msgspec.json.encode({"user_id": person.id, "note": "a\x00b", "large": 2**64 - 1}),
    pickled,
)


def put_old_rows(house: House, rows: list[tuple[str, bytes]]) -> None:
    with house.world.sql.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO old_sessions (session_id, data, expiry) VALUES (%s, %s, now() AT TIME ZONE 'UTC' + '1 day')",
            [(f"session:{old_id}", data) for old_id, data in rows],
        )


def move_in(house: House, old_id: str, person: Person) -> bool:
    """Come with the old cookie, then with the new one; say whether both were answered to the right person."""
    first = house.ask("GET", "/api/user", f"session={old_id}")
    given = next((cookie.partition(";")[0] for cookie in first.cookies if cookie.startswith("qd=")), "")
    second = house.ask("GET", "/settings", given)
    return (first.status, second.status) == (200, 200) and json.loads(first.body)["email"] == person.email


def test_a_page_asks_valkey_once_about_the_session_and_writes_nothing(house: House) -> None:
    person = house.world.harbour("staff")
    cookie = house.sign_in(person)
    token = house.app.test_cli_runner().invoke(args=["tokens", "create", "--user", person.email]).output.strip()
    assert house.ask("GET", "/settings", cookie).status == 200
    copy = session_store.cache_key(cookie.partition("=")[2])
    # The harms before this test leave the workers without Valkey for a moment.
    look = partial(house.ask, "GET", "/settings", cookie)
    wait_for(lambda: watch(house, [look] * 12).count(f"lua GET {copy}") == 12, limit_s=30)
    page = watch(house, [look] * 20)
    others = watch(house, [
        partial(house.ask, "GET", "/health/live", cookie),
        partial(house.ask, "GET", "/assets/app-000000000000.css", cookie),
        partial(house.ask, "GET", "/api/user", cookie, headers={"Authorization": f"Bearer {token}"}),
    ])  # fmt: skip
    about = [one for one in page if "session:" in one]
    trips = [one for one in page if "session:" in one or "limit:" in one]
    reads, sent = about.count(f"lua GET {copy}"), [one for one in trips if not one.startswith("lua ")]
    figures.say("20 pages: round trips for session and limits together", len(sent), "<= 20")
    figures.say("20 pages: reads of the session", reads, "<= 20")
    figures.say("20 pages: writes of the session", len(about) - reads - len(sent), "0")
    figures.say("a file, health and a token: reads of a session", sum("session:" in one for one in others), "0")
    assert {one.partition(" ")[0] for one in sent} == {"EVALSHA"}
    assert (len(sent), reads, len(about)) == (20, 20, 40)
    assert [one for one in others if "session:" in one] == []


def watch(house: House, acts: list[Callable[[], Answer]]) -> list[str]:
    """Return every command Valkey did meanwhile, those of scripts behind "lua"."""
    with house.ask_valkey() as valkey, house.ask_valkey() as teller, valkey.monitor() as monitor:
        for act in acts:
            assert act().status == 200
        teller.echo("that is all")
        seen: list[str] = []
        for line in monitor.listen():
            if line["command"] == "ECHO that is all":
                return seen
            seen.append(f"{'lua ' if line['client_type'] == 'lua' else ''}{line['command']}")
    return seen


def test_no_dump_holds_what_opens_a_door(house: House) -> None:
    person = house.world.harbour("company_admin")
    cookie = house.sign_in(person)
    token = house.app.test_cli_runner().invoke(args=["tokens", "create", "--user", person.email]).output.strip()
    assert house.ask("GET", "/api/user", "", headers={"Authorization": f"Bearer {token}"}).status == 200
    ticket = json.loads(house.ask("POST", "/api/socket-ticket", cookie, "{}").body)
    assert house.ask("GET", "/settings", cookie).status == 200
    keys = [*house.given, token, *(value for value in ticket.values() if isinstance(value, str) and len(value) > 40)]
    with house.ask_valkey() as valkey:
        held = dump_valkey(valkey) + dump_postgres(house.world.sql)
    held += (house.site.folder / "web.log").read_bytes()
    assert hash_secret(house.given[-1]).hex().encode() in held
    found = [key for key in keys if key.encode() in held or key.encode().hex().encode() in held]
    figures.say(
        f"{len(keys)} session ids and tokens: found in {len(held) >> 10:,} KiB of dump and log", len(found), "0"
    )
    assert len(keys) == len(house.given) + 2
    assert found == []
