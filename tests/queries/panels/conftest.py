"""Panels on a machine that is busy with other tests."""

import pytest

from app.queries.panels import reading


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A panel may take its time here: what waits for a lock is given up after 200 ms all the same."""
    monkeypatch.setattr(reading, "PANEL_MS", 10_000)
    monkeypatch.setattr(reading, "PAGE_MS", 60_000)
