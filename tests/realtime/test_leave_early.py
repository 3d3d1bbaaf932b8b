"""A client that goes before it was welcomed is everyday, not an error."""

from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from app.realtime import sockets


class Said(list[tuple[str, str]]):
    """A log that remembers level and words."""

    def __getattr__(self, level: str) -> Any:
        return lambda words, **_: self.append((level, words))


@pytest.mark.parametrize("answers", [[False], [True, False]], ids=["before", "meanwhile"])
def test_a_client_that_left_is_told_at_info(app: Flask, monkeypatch: pytest.MonkeyPatch, answers: list[bool]) -> None:
    said = Said()
    ours: sockets.Sockets = app.extensions[sockets.SOCKETS]
    monkeypatch.setattr(sockets, "log", said)
    monkeypatch.setattr(ours, "_wait_until_connected", lambda sid: None)
    monkeypatch.setattr(ours.server.manager, "is_connected", lambda *_: answers.pop(0))
    board = SimpleNamespace(listen=lambda _: None, forget=lambda _: None)
    monkeypatch.setattr(sockets, "switchboard_of", lambda _: board)
    monkeypatch.setattr(ours, "_rooms", lambda _: {"room"})
    member: Any = SimpleNamespace()
    ours._welcome("gone", member, SimpleNamespace(epoch=None), {})  # type: ignore[arg-type]
    assert [level for level, _ in said] == ["info"]
