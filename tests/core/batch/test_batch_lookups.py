"""A loop that looks things up one by one costs one query."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from app.accounts.models import User
from app.core import batch
from app.core.batch import batched
from app.core.db import db, transaction
from app.core.tenancy import acting_for
from tests.world import Person, World


@batched
def names_by_id(ids: Sequence[int]) -> dict[int, str]:
    """Read people's names."""
    return {row.id: row.name for row in db.session.execute(sa.select(User.id, User.name).where(User.id.in_(ids)))}


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """What is asked of the people's table: the app's threads ask for other things."""
    sent: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if "FROM users" in statement:
            sent.append(statement)

    event.listen(sa.Engine, "before_cursor_execute", note)
    yield sent
    event.remove(sa.Engine, "before_cursor_execute", note)


@pytest.fixture
def people(world: World) -> list[Person]:
    """A hundred people of one company."""
    return [world.harbour("viewer") for _ in range(100)]


def test_a_hundred_lookups_are_one_query(people: list[Person], statements: list[str]) -> None:
    with people[0].acting():
        promises = [names_by_id.load(one.id) for one in people]
        assert statements == []
        assert [one.get() for one in promises] == ["Viewer"] * 100
        assert len(statements) == 1


def test_what_was_read_is_not_read_again(people: list[Person], statements: list[str]) -> None:
    with people[0].acting():
        names_by_id.load_many([one.id for one in people[:10]])
        names_by_id.load_many([one.id for one in people[:10]])
        assert len(statements) == 1
        names_by_id.load_many([one.id for one in people[:11]])
        assert len(statements) == 2


def test_a_key_that_is_nothing_is_none_and_known_to_be(ada: Person, statements: list[str]) -> None:
    with ada.acting():
        assert names_by_id.load(-1).get() is None
        assert names_by_id.load(-1).get() is None
        assert len(statements) == 1


def test_another_company_never_meets_what_was_read(ada: Person, cleo: Person) -> None:
    with ada.acting():
        assert names_by_id.load(ada.id).get() == ada.name
        with acting_for(cleo.company_id):
            assert names_by_id.load(ada.id).get() is None
        assert names_by_id.load(ada.id).get() == ada.name


def test_another_request_reads_anew(ada: Person, statements: list[str]) -> None:
    for _ in range(2):
        with ada.acting():
            names_by_id.load(ada.id).get()
    assert len(statements) == 2


def test_a_commit_forgets(ada: Person) -> None:
    with ada.acting():
        assert names_by_id.load(ada.id).get() == ada.name
        with transaction() as session:
            session.execute(sa.update(User).where(User.id == ada.id).values(name="Ada, renamed"))
        assert names_by_id.load(ada.id).get() == "Ada, renamed"


def test_what_is_known_already_can_be_given(ada: Person, statements: list[str]) -> None:
    with ada.acting():
        names_by_id.prime(ada.id, "Known")
        assert names_by_id.load(ada.id).get() == "Known"
    assert statements == []


def test_a_mistake_is_not_kept(ada: Person) -> None:
    asked: list[int] = []

    @batched
    def fails_once(ids: Sequence[int]) -> dict[int, str]:
        asked.append(len(ids))
        if len(asked) == 1:
            raise RuntimeError("broken")
        return dict.fromkeys(ids, "there")

    with ada.acting():
        first, second = fails_once.load(1), fails_once.load(2)
        with pytest.raises(RuntimeError):
            first.get()
        assert (first.get(), second.get()) == ("there", "there")


def test_very_many_keys_are_asked_in_pieces(ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "AT_MOST", 10)
    asked: list[int] = []

    @batched
    def squares(numbers: Sequence[int]) -> dict[int, int]:
        asked.append(len(numbers))
        return {one: one * one for one in numbers}

    with ada.acting():
        assert squares.load_many(range(25)) == [one * one for one in range(25)]
    assert asked == [10, 10, 5]
