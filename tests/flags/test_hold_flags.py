"""What a process answers from: memory, then disk; fresh, stale, and fresh again; after a fork too."""

import json
import socket
import stat
import time
from pathlib import Path
from typing import Any

import pytest

from app import flags
from app.core.pushed import pushed_of, read_revision
from app.flags import holder, service
from app.flags.engine.model import ErrorCode, Reason
from app.flags.process import NAME
from tests.flags.acts import as_platform, fresh_key, make_flag
from tests.flags.asker import Asker, asking
from tests.site import wait_for
from tests.world import Person

NOWHERE = "postgresql://nobody:nothing@127.0.0.1:1/nowhere"


def ready(asker: Asker, key: str) -> dict[str, Any]:
    """Wait until a process answers from the database: on a busy machine that takes longer than it waits itself."""
    wait_for(lambda: asker.ask(act="ask", key=key)["source"] == "database", limit_s=20)
    return asker.ask(act="ask", key=key)


def test_a_flag_saved_elsewhere_is_seen_here(pat: Person, environment: dict[str, str]) -> None:
    key = make_flag(pat, scope="global")
    with asking(environment) as [asker]:
        first = ready(asker, key)
        assert (first["variant"], first["stale"]) == ("off", False)
        with as_platform(pat):
            service.enable(key)
        wait_for(lambda: asker.ask(act="ask", key=key)["variant"] == "on", limit_s=10)


def test_without_valkey_it_is_seen_within_a_poll(pat: Person, environment: dict[str, str]) -> None:
    key = make_flag(pat, scope="global")
    with asking({**environment, "REDIS_URL": "redis://127.0.0.1:1/0"}) as [asker]:
        assert ready(asker, key)["variant"] == "off"
        with as_platform(pat):
            service.enable(key)
        wait_for(lambda: asker.ask(act="ask", key=key)["variant"] == "on", limit_s=15)


def test_without_a_database_the_copy_on_disk_answers(pat: Person, environment: dict[str, str], tmp_path: Path) -> None:
    key = make_flag(pat)
    home = {**environment, "QUARTERDECK_HOME": str(tmp_path)}
    with as_platform(pat):
        service.enable(key)
        service.allow(key, *(f"company-{number}" for number in range(5_000)))
        revision = read_revision(NAME)
    with asking(home) as [asker]:
        asker.ask(act="ask", key=key)
        wait_for(lambda: asker.ask(act="written")["revision"] >= revision, limit_s=15)
        path = Path(asker.ask(act="written")["path"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    away = {**home, "DATABASE_URL": NOWHERE, "REDIS_URL": "redis://127.0.0.1:1/0"}
    with asking(away) as [asker]:
        found = asker.ask(act="ask", key=key, target="company-4999")
        assert (found["variant"], found["reason"], found["source"]) == ("on", "STALE", "disk")
        assert found["took_s"] < 5
        assert asker.ask(act="ask", key=key, target="company-4999")["took_s"] < 0.05


def test_with_nothing_at_all_the_callers_default_answers(environment: dict[str, str], tmp_path: Path) -> None:
    away = {**environment, "QUARTERDECK_HOME": str(tmp_path), "DATABASE_URL": NOWHERE}
    with asking(away) as [asker]:
        found = asker.ask(act="ask", key="core-api")
        assert (found["variant"], found["reason"], found["source"]) == (None, "ERROR", "nothing")


def test_a_broken_copy_is_no_copy(environment: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "flags" / "production.json"
    path.parent.mkdir()
    path.write_text(json.dumps({"format": 1, "revision": 9, "savedAt": 0, "installation": ""}) + "\n{half")
    with asking({**environment, "QUARTERDECK_HOME": str(tmp_path), "DATABASE_URL": NOWHERE}) as [asker]:
        assert asker.ask(act="ask", key="core-api")["source"] == "nothing"


def test_answers_say_stale_after_three_polls_and_are_fresh_again_by_themselves(pat: Person) -> None:
    key = make_flag(pat, scope="global")
    with as_platform(pat):
        service.enable(key)
    keeper = pushed_of(pat.app)
    with pat.app.app_context():
        held = holder.here.process
        assert held is not None
        assert flags.evaluate(key).reason is Reason.STATIC
        keeper.checked_at["flags"] -= 16
        held.watch()
        made = flags.evaluate(key)
        assert (made.value, made.reason) == (True, Reason.STALE)
        assert flags.is_enabled(key)
        assert flags.evaluate("no-such").error is ErrorCode.FLAG_NOT_FOUND
        keeper.refresh("flags")
        held.watch()
        assert flags.evaluate(key).reason is Reason.STATIC


@pytest.mark.parametrize("patched", [(), ("gevent",)], ids=["threads", "gevent"])
def test_a_forked_child_follows(pat: Person, environment: dict[str, str], patched: tuple[str, ...]) -> None:
    key = make_flag(pat, scope="global")
    with asking(environment, 1, *patched) as [asker]:
        parent = ready(asker, key)
        child = asker.ask(act="fork", key=key)
        assert child["variant"] == "off"
        assert child["pid"] != parent["pid"]
        with as_platform(pat):
            service.enable(key)
        heard = asker.hear()
        assert heard["variant"] == "on", heard
        assert asker.ask(act="ask", key=key)["pid"] == parent["pid"]


def test_a_valkey_that_hangs_adds_nothing_to_an_answer(pat: Person, environment: dict[str, str]) -> None:
    key = make_flag(pat, scope="global")
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections and never says a word
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        with asking({**environment, "REDIS_URL": url}) as [asker]:
            ready(asker, key)
            assert asker.ask(act="time", key=key, for_s=3)["worst_s"] < 0.01


def test_eight_processes_see_a_save(pat: Person, environment: dict[str, str]) -> None:
    key = make_flag(pat)
    with asking(environment, 8) as askers:
        for one in askers:
            ready(one, key)
        for one in askers:
            assert one.ask(act="watch")["watches"]
        waits = sorted(wait for round_ in range(10) for wait in save_and_wait(pat, key, askers, round_))
    assert len(waits) == 80
    assert waits[len(waits) // 2] <= 0.25
    assert waits[-1] <= 2


def save_and_wait(pat: Person, key: str, askers: list[Asker], number: int) -> list[float]:
    """Save, and return how long each process took to see it."""
    with as_platform(pat):
        service.set_percentage(key, 1_000 + number)
        saved_at = time.time()
    found = []
    for one in askers:
        told = one.hear()
        assert told["seen"] == [key]
        found.append(told["at"] - saved_at)
    return found


def test_an_unknown_flag_gives_the_default_in_every_form(pat: Person) -> None:
    key = fresh_key()
    with pat.app.app_context():
        assert flags.is_enabled(key, default=True)
        assert flags.value(key, "plain") == "plain"
        assert flags.evaluate(key).error is ErrorCode.FLAG_NOT_FOUND
