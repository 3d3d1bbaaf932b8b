"""What is saved for the installation reaches every process: pushed, or polled when nothing can be pushed."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from flask import Flask

from app import create_app
from app.core import process, pushed
from app.core.db import transaction
from app.core.ids import new_ulid
from app.core.installation import installation, installation_id
from app.core.pushed import Pushed, bump, list_processes, pushed_of
from tests.site import wait_for
from tests.stage import settings_from
from tests.world import Person


class Lanterns:
    """A feature that holds settings in memory: it keeps the revisions it was refreshed from."""

    def __init__(self, app: Flask, name: str) -> None:
        self.name, self.seen = name, []  # type: tuple[str, list[int]]
        self.keeper = pushed_of(app)
        self.keeper.register(name, self.seen.append)

    @property
    def held(self) -> int:
        return self.keeper.held[self.name]


@pytest.fixture
def name() -> str:
    return f"lanterns-{new_ulid().lower()}"


@pytest.fixture
def another(environment: dict[str, str]) -> Iterator[Callable[..., Flask]]:
    """Another process's app, and its keeper's thread stopped at the end."""
    made: list[Flask] = []

    def make(**changes: str) -> Flask:
        made.append(create_app(settings_from({**environment, **changes})))
        return made[-1]

    yield make
    for app in made:
        pushed_of(app).stop()


def save(app: Flask, name: str) -> int:
    with app.app_context(), installation(), transaction():
        return bump(name)


def test_the_saving_process_holds_the_change_when_the_save_returns(app: Flask, name: str) -> None:
    here = Lanterns(app, name)
    assert save(app, name) == 1
    assert (here.held, here.seen) == (1, [0])
    assert save(app, name) == 2
    assert (here.held, here.seen) == (2, [0, 1])


def test_a_rolled_back_save_changes_nobody(app: Flask, name: str) -> None:
    here = Lanterns(app, name)
    with app.app_context(), installation(), pytest.raises(ZeroDivisionError), transaction():
        bump(name)
        raise ZeroDivisionError
    assert (here.held, here.seen) == (0, [])
    assert pushed_of(app).refresh(name) is False


def test_other_processes_hear_it_by_push(app: Flask, name: str, another: Callable[..., Flask]) -> None:
    there = Lanterns(another(), name)
    there.keeper.ensure_started()
    wait_for(lambda: name in there.keeper.checked_at and not there.keeper.is_push_away)
    polled_at = there.keeper.checked_at[name]
    revision = save(app, name)
    wait_for(lambda: there.held == revision, limit_s=pushed.POLL_S - 0.5)
    assert there.keeper.checked_at[name] > polled_at


def test_without_valkey_they_find_it_at_the_next_poll(
    app: Flask, name: str, another: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pushed, "POLL_S", 0.2)
    there = Lanterns(another(REDIS_URL="redis://127.0.0.1:9/0"), name)
    there.keeper.ensure_started()
    wait_for(lambda: there.keeper.is_push_away)
    revision = save(app, name)
    wait_for(lambda: there.held == revision)


def test_what_cannot_be_refreshed_stays_and_does_not_stop_the_others(app: Flask, name: str) -> None:
    keeper = pushed_of(app)
    broken = f"{name}-broken"

    def fail(_: int) -> None:
        raise ValueError("a row nobody can read")

    keeper.register(broken, fail)
    try:
        whole = Lanterns(app, name)
        save(app, broken)
        save(app, name)
        assert (keeper.held[broken], whole.held) == (0, 1)
    finally:
        keeper._refresh.pop(broken)


def test_processes_are_listed_with_what_they_hold(app: Flask, name: str, another: Callable[..., Flask]) -> None:
    there = Lanterns(another(), name)
    save(app, name)
    there.keeper.ensure_started()

    def held() -> list[int]:
        with app.app_context():
            return [one["held"].get(name) for one in list_processes() if one["label"] == process.label()]

    wait_for(lambda: held() == [1], limit_s=15)


def test_a_company_never_sees_what_belongs_to_the_installation(app: Flask, ada: Person, name: str) -> None:
    save(app, name)
    with ada.acting():
        from app.core.db import db

        assert db.session.execute(sa.text("SELECT count(*) FROM pushed_revisions")).scalar_one() == 0
        assert db.session.execute(sa.text("SELECT count(*) FROM flags")).scalar_one() == 0
    with app.app_context():
        assert installation_id() != ada.company_id


def test_a_fork_keeps_nothing_of_its_parents_thread(app: Flask) -> None:
    keeper = Pushed(app)
    keeper.ensure_started()
    before = keeper._thread
    keeper._after_fork()
    assert keeper._thread is None
    keeper.ensure_started()
    assert keeper._thread is not before
    keeper.stop()


def test_nobody_waits_for_settings_that_their_keeper_cannot_refresh(app: Flask) -> None:
    keeper, asked, stop = Pushed(app), [], threading.Event()
    keeper.register("lamps", lambda _held: None)
    keeper.try_refresh = asked.append  # type: ignore[method-assign]
    keeper.freshen("lamps", 15)
    assert asked == ["lamps"], "nobody has ever compared them"
    keeper.checked_at["lamps"] = time.monotonic() - 60
    keeper.freshen("lamps", 15)
    assert asked == ["lamps"] * 2, "this process has no keeper that would"
    keeper._thread = threading.Thread(target=stop.wait)
    keeper._thread.start()
    keeper.freshen("lamps", 15)
    stop.set()
    assert asked == ["lamps"] * 2, "it tries by itself, again and again"
