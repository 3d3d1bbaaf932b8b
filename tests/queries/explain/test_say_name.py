"""A name is said again only when who typed the text wrote it."""

from typing import Any, cast

import psycopg
import pytest

from app.queries.explain.words import describe


class Refused(psycopg.errors.UndefinedColumn):
    """What the server says, without a server."""

    def __init__(self, message: str, state: str) -> None:
        super().__init__(message)
        self.sqlstate = state
        self.said = message

    @property
    def diag(self) -> Any:
        """Its message alone."""

        class Diagnostic:
            message_primary = self.said

        return cast("psycopg.errors.Diagnostic", Diagnostic)


@pytest.mark.parametrize(("state", "message", "typed", "reason"), [
    ("42703", 'column "nick" does not exist', "SELECT Nick FROM users", "It names the column nick, which is not there."),
    ("42703", "column u.nick does not exist", "SELECT u.nick FROM users u", "It names the column u.nick, which is not there."),
    ("42703", 'column "hidden" does not exist', "SELECT nick FROM users", "It names a column that is not there."),
    ("42703", 'column "nick" does not exist', "", "It names a column that is not there."),
    ("42P01", 'missing FROM-clause entry for table "o"', "SELECT o.id", "It names the table o, which is not there."),
    ("42702", 'column reference "id" is ambiguous', "SELECT id FROM a, b", "The column id is not clear: name its table."),
    ("22P02", 'invalid input syntax for type bigint: "nick"', "SELECT 'nick'::bigint", "One of its values does not fit its type."),
])  # fmt: skip
def test_a_name_is_said_when_it_was_typed(state: str, message: str, typed: str, reason: str) -> None:
    assert describe(Refused(message, state), typed=typed).reason == reason
