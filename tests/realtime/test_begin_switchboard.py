"""Whoever is first to ask for the switchboard of a process: it works for everybody afterwards, in every thread."""

import threading
from collections.abc import Iterator

import pytest
from flask import Flask, current_app

from app.core import live_hub
from app.realtime import switchboard
from tests.world import Person

MADE_ON_FIRST_USE = (switchboard.EXTENSION, live_hub.EXTENSION)


@pytest.fixture
def begun(app: Flask) -> Iterator[Flask]:
    """A process that has just been forked: no socket was connected yet."""
    kept = {name: app.extensions.pop(name) for name in MADE_ON_FIRST_USE if name in app.extensions}
    yield app
    for name in MADE_ON_FIRST_USE:
        app.extensions.pop(name, None)
    app.extensions.update(kept)


def platform_elsewhere(app: Flask) -> list[int]:
    """Ask the switchboard for the platform's company in a thread without a request, as sockets and streams do."""
    found: list[int] = []
    thread = threading.Thread(target=lambda: found.append(switchboard.switchboard_of(app).platform_id()))
    thread.start()
    thread.join()
    return found


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # then nothing was found
@pytest.mark.parametrize("path", ["/api/events/websocket/stats", "/live"])
def test_a_page_that_counts_sockets_may_be_the_first(begun: Flask, ada: Person, path: str) -> None:
    assert ada.get(path).status_code == 200
    assert type(switchboard.switchboard_of(begun).app) is Flask
    assert len(platform_elsewhere(begun)) == 1


def test_neither_switchboard_nor_hub_keeps_what_stands_for_the_app_in_a_request(begun: Flask) -> None:
    with begun.app_context():
        board = switchboard.switchboard_of(current_app)
        assert live_hub.hub_of(current_app) is board.hub
    assert [type(kept) for kept in (board.app, board.hub.app, board.windows.app)] == [Flask] * 3
    assert len(platform_elsewhere(begun)) == 1
