"""A position of one list is refused by another, however its parts look: it never reaches SQL as something else."""

from datetime import UTC, datetime

import pytest
from flask import Flask

from app.core.cursor import decode_cursor, encode_cursor
from app.core.errors import InvalidCursor
from app.core.ids import new_ulid
from app.core.openapi import contracts
from tests.laws.furnished import furnish
from tests.world import Person, World

MOMENT = datetime(2026, 11, 22, 10, tzinfo=UTC)
ULID = new_ulid()
POSITIONS: list[tuple[str | int | None, ...]] = [
    (), (7,), (ULID,), (None,), ("text", 7), (7, ULID), (MOMENT.isoformat(), ULID), ("name", "text", 7),
    ("placed_at/number", "no moment", 7), (0, 0, 1, "no moment", ULID),
]  # fmt: skip


def test_no_list_breaks_on_a_position_of_another(app: Flask, world: World, ada: Person) -> None:
    furnished, pat = furnish(ada), world.platform_admin()
    lists = {
        rule
        for (method, rule), (_, declared, _) in contracts(app).items()
        if method == "GET" and takes_position(declared.query)
    }
    assert len(lists) > 25
    with app.app_context():
        cursors = [encode_cursor(*position) for position in POSITIONS]
    broken = []
    for rule in app.url_map.iter_rules():
        if rule.rule not in lists:
            continue
        for cursor, position in zip(cursors, POSITIONS, strict=True):
            sent = {"path": furnished.path(rule) or "", "query_string": {"after": cursor}}
            answer = ada.get(**sent)
            if answer.status_code == 403:  # it is about the installation
                answer = pat.get(**sent)
            if answer.status_code >= 500:
                broken.append(f"{rule.rule} {position}")
    assert broken == []


def takes_position(query: type | None) -> bool:
    """Say whether a query has a signed position: events are counted, and have a number."""
    field = getattr(query, "model_fields", {}).get("after")
    return field is not None and field.annotation is not int


@pytest.mark.parametrize(
    ("position", "kinds"),
    [
        ((1,), (str,)),
        (("a",), (int,)),
        (("noon",), (datetime,)),
        ((5,), (datetime,)),
        ((None,), (str,)),
        ((1, 2), (int,)),
    ],
)
def test_a_position_of_other_kinds_is_refused(
    app: Flask, position: tuple[str | int | None, ...], kinds: tuple[type, ...]
) -> None:
    with app.app_context(), pytest.raises(InvalidCursor):
        decode_cursor(encode_cursor(*position), *kinds)


def test_a_position_of_the_same_kinds_is_read(app: Flask) -> None:
    with app.app_context():
        assert decode_cursor(encode_cursor(MOMENT.isoformat(), 7, None), datetime, int, int | None) == [MOMENT, 7, None]
