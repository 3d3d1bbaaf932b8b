"""What is wrong with a field is said in our own sentences, never in those of a library."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, StringConstraints, ValidationError

from app.core.sentences import SENTENCES, explain
from app.core.shapes import Shape, Text
from tests.world import Person

JARGON = re.compile(
    r"input|valid|parse|string|integer|boolean|decimal|dictionary|instance|validation|JSON|None", re.IGNORECASE
)


class Size(StrEnum):
    """What a size can be."""

    SMALL = "small"
    LARGE = "large"


class Crate(Shape):
    """A field of each kind."""

    name: Text
    count: Annotated[int, Field(ge=1, le=1000)] = 1
    price: Annotated[Decimal, Field(max_digits=6, decimal_places=2)] = Decimal(1)
    weight: float = 1
    side: Literal["left", "right"] = "left"
    size: Size = Size.SMALL
    is_open: bool = False
    parts: list[int] = Field(default=[1], min_length=1, max_length=2)
    day: date = date(2026, 1, 1)
    at: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    code: Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")] = "GBP"
    shape: dict[str, int] = Field(default_factory=dict)


CASES: list[tuple[str, Any, str]] = [
    ("count", "x", "Give a whole number, in digits only."),
    ("count", 1.5, "Give a whole number, without a fraction."),
    ("count", "9" * 5000, "This number is too large."),
    ("count", 1001, "Give 1,000 or less."),
    ("count", 0, "Give 1 or more."),
    ("count", None, "Give a whole number."),
    ("price", "x", "Give a number, such as 12.50."),
    ("price", "1.234", "Give at most 2 digits after the point."),
    ("price", "1234567", "Give at most 6 digits."),
    ("price", "NaN", "Give a number that has an end."),
    ("weight", "x", "Give a number, such as 12.5."),
    ("side", "up", "Choose one of 'left' or 'right'."),
    ("size", "huge", "Choose one of 'small' or 'large'."),
    ("is_open", "perhaps", "Give true or false."),
    ("parts", [], "Give at least one."),
    ("parts", [1, 2, 3], "Give at most 2 of these."),
    ("parts", 1, "Give a list."),
    ("day", "soon", "Give a day, such as 2026-11-20."),
    ("at", "soon", "Give a time, such as 2026-11-20T10:42:08Z."),
    ("code", "£", "Write a currency as three capitals, such as GBP."),
    ("shape", 1, "Give an object with names and values."),
    ("colour", "red", "This is not known here. Leave it out, or check how it is spelled."),
    ("name", "", "This is needed."),
    ("name", "x" * 201, "Write at most 200 characters."),
    ("name", "a\x00", "This contains the NUL character, which cannot be stored."),
    ("name", 5, "Write this as text."),
]


@pytest.mark.parametrize(("field", "value", "words"), CASES)
def test_each_mistake_has_a_sentence_without_jargon(field: str, value: Any, words: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Crate.model_validate({"name": "Crate"} | {field: value})
    assert [explain(error) for error in refused.value.errors()] == [words]
    assert not JARGON.search(words)


def test_no_sentence_of_the_table_speaks_jargon() -> None:
    assert [text for text in SENTENCES.values() if JARGON.search(re.sub(r"{\w+}", "", text))] == []


def test_api_and_form_say_the_same(ada: Person) -> None:
    answer = ada.post("/api/inventory/stock-takes/x/counts", json={"counts": []})
    listed = ada.get("/api/orders?limit=x")
    assert "after validation" not in answer.text
    assert listed.json["errors"] == [{"field": "limit", "message": "Give a whole number, in digits only."}]


def test_an_empty_currency_has_a_sentence(ada: Person) -> None:
    order = {"customer": {"name": "Anna"}, "currency": "", "lines": [{"sku": "A", "quantity": 1}]}
    answer = ada.post("/api/orders", json=order)
    assert (answer.status_code, answer.json["title"]) == (422, "No currency was given.")
