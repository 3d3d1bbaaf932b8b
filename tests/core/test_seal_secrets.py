"""Secrets that are stored sealed: they open for the same row and purpose, and for nothing else."""

import pytest
from flask import Flask
from pydantic import SecretStr

from app.core.sealed import MARK, SecretUnreadable, is_sealed, seal, unseal

OLD = "the-secret-of-last-year-0123456789abcdef"


def test_it_opens_again_and_no_two_look_alike(app: Flask) -> None:
    with app.app_context():
        first, second = (seal("hunter2 ü", purpose="connection", row="a") for _ in range(2))
        assert first != second
        assert is_sealed(first)
        assert "hunter2" not in first
        assert (
            unseal(first, purpose="connection", row="a") == unseal(second, purpose="connection", row="a") == "hunter2 ü"
        )


def test_nothing_stays_nothing(app: Flask) -> None:
    with app.app_context():
        assert seal("", purpose="connection", row="a") == unseal("", purpose="connection", row="a") == ""


@pytest.mark.parametrize(("purpose", "row"), [("feed", "a"), ("connection", "b")])
def test_it_does_not_open_for_another_row_or_purpose(app: Flask, purpose: str, row: str) -> None:
    with app.app_context():
        kept = seal("hunter2", purpose="connection", row="a")
        with pytest.raises(SecretUnreadable):
            unseal(kept, purpose=purpose, row=row)


def test_one_changed_character_anywhere_is_noticed(app: Flask) -> None:
    with app.app_context():
        kept = seal("hunter2", purpose="connection", row="a")
        for place in range(len(kept)):
            other = "A" if kept[place] != "A" else "B"
            with pytest.raises(SecretUnreadable):
                unseal(kept[:place] + other + kept[place + 1 :], purpose="connection", row="a")
        for broken in (MARK, kept[:10], kept[:-4], kept + "!", "plain text"):
            with pytest.raises(SecretUnreadable):
                unseal(broken, purpose="connection", row="a")


def test_the_secret_before_opens_what_it_sealed(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = app.config["SETTINGS"]
    with app.app_context():
        monkeypatch.setitem(app.config, "SETTINGS", settings.model_copy(update={"session_secret": SecretStr(OLD)}))
        kept = seal("hunter2", purpose="connection", row="a")
        monkeypatch.setitem(app.config, "SETTINGS", settings)
        with pytest.raises(SecretUnreadable):
            unseal(kept, purpose="connection", row="a")
        turned = settings.model_copy(update={"session_secret_previous": SecretStr(OLD)})
        monkeypatch.setitem(app.config, "SETTINGS", turned)
        assert unseal(kept, purpose="connection", row="a") == "hunter2"
        assert unseal(seal("new", purpose="connection", row="a"), purpose="connection", row="a") == "new"
