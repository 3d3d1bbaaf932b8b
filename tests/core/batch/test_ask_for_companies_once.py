"""Parts of one page that name companies ask for each of them once."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from app.accounts.reads import companies_by_id
from tests.world import Person


@pytest.fixture
def asked() -> Iterator[list[object]]:
    """The parameters of each question for companies' names."""
    found: list[object] = []

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if "companies.slug, companies.name" in statement and " IN " in statement:
            found.append(parameters)

    event.listen(sa.Engine, "before_cursor_execute", note)
    yield found
    event.remove(sa.Engine, "before_cursor_execute", note)


def test_what_one_part_of_a_page_asked_another_does_not(ada: Person, cleo: Person, asked: list[object]) -> None:
    with ada.acting():
        assert companies_by_id({ada.company_id})[ada.company_id][0] == ada.company_slug
        assert set(companies_by_id([ada.company_id, cleo.company_id, -1])) == {ada.company_id, cleo.company_id}
        assert companies_by_id([cleo.company_id])[cleo.company_id][0] == cleo.company_slug
    assert [len(one) for one in asked] == [1, 2]  # type: ignore[arg-type]
