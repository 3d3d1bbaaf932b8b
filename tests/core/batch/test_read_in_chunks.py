"""A large table is met whole, piece by piece, while others write to it."""

import sqlalchemy as sa

from app.accounts.models import User
from app.core.chunks import read_in_chunks
from app.core.db import db
from tests.world import Person, World

ALL = sa.select(User.company_id, User.id, User.name)


def test_every_row_comes_once_in_order(world: World) -> None:
    people = [world.harbour("viewer") for _ in range(25)]
    with people[0].acting():
        pieces = list(read_in_chunks(ALL, [User.id], size=10))
    assert [len(one) for one in pieces] == [10, 10, 5]
    assert [row.id for piece in pieces for row in piece] == sorted(one.id for one in people)


def test_a_key_of_two_columns_goes_on_where_it_was(world: World) -> None:
    people = [world.harbour("viewer") for _ in range(7)]
    with people[0].acting():
        pieces = list(read_in_chunks(ALL, [User.name, User.id], size=3))
    assert [row.id for piece in pieces for row in piece] == sorted(one.id for one in people)


def test_nothing_is_no_piece(ada: Person) -> None:
    with ada.acting():
        assert list(read_in_chunks(ALL.where(User.id < 0), [User.id])) == []


def test_a_whole_number_of_pieces_ends_there(world: World) -> None:
    people = [world.harbour("viewer") for _ in range(4)]
    with people[0].acting():
        assert [len(one) for one in read_in_chunks(ALL, [User.id], size=2)] == [2, 2]


def test_the_last_may_come_first(world: World) -> None:
    people = [world.harbour("viewer") for _ in range(5)]
    with people[0].acting():
        pieces = list(read_in_chunks(ALL, [User.name, User.id], size=2, is_descending=True))
    assert [row.id for piece in pieces for row in piece] == sorted((one.id for one in people), reverse=True)


def test_no_transaction_stays_open_between_pieces(world: World) -> None:
    people = [world.harbour("viewer") for _ in range(4)]
    with people[0].acting():
        seen = 0
        for piece in read_in_chunks(ALL, [User.id], size=2):
            seen += len(piece)
            assert not db.session().in_transaction()  # the work on a piece may take as long as it wants
        assert seen == 4
