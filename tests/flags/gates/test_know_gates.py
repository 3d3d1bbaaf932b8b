"""Every seeded flag of the product names what it switches, and asking one costs neither database nor Valkey."""

import sqlalchemy as sa
from flask import Flask

from app.core import gates
from app.flags.gates import OPEN_BY_DEFAULT, SWITCHED, Gate, is_open
from tests.world import Person


def test_the_seeded_flags_are_those_the_product_asks(ada: Person) -> None:
    rows = ada.world.sql.execute("SELECT key FROM flags WHERE is_builtin").fetchall()
    assert {row["key"] for row in rows} == set(Gate) == set(SWITCHED)


def test_a_gate_is_answered_from_memory(app: Flask) -> None:
    asked: list[str] = []

    def watch(*args: object) -> None:
        asked.append(str(args[2]))

    with app.app_context():
        for gate in Gate:
            is_open(gate)
        sa.event.listen(sa.Engine, "before_cursor_execute", watch)
        try:
            for gate in Gate:
                is_open(gate)
                gates.is_on(gate, default=True)
        finally:
            sa.event.remove(sa.Engine, "before_cursor_execute", watch)
    assert [statement for statement in asked if "flag" in statement] == []


def test_what_is_missing_shuts_nobody_out() -> None:
    assert {Gate.CORE_API, Gate.AUTHENTICATION} <= OPEN_BY_DEFAULT
    assert Gate.MAINTENANCE_MODE not in OPEN_BY_DEFAULT
