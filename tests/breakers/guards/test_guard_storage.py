"""Files of imports and exports: a storage that fails rests, a file that is not there is no failure."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from app.breakers import registry
from app.breakers.breaker import Breaker
from app.breakers.states import State
from tests.world import Person

SALES = b"Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country\n"


@pytest.fixture
def storage() -> Iterator[Breaker]:
    one = registry.breaker("storage")
    yield one
    one.move_alone(State.CLOSED)


def upload(person: Person) -> int:
    data = {"file": (io.BytesIO(SALES), "sales.csv")}
    return person.post("/api/orders/imports", data=data, content_type="multipart/form-data").status_code


def test_while_it_rests_an_upload_is_told_at_once(ada: Person, storage: Breaker) -> None:
    storage.move_alone(State.OPEN)
    data = {"file": (io.BytesIO(SALES), "sales.csv")}
    answer = ada.post("/api/orders/imports", data=data, content_type="multipart/form-data")
    assert (answer.status_code, answer.json["code"], answer.json["breaker"]) == (503, "circuit-open", "storage")
    assert int(answer.headers["Retry-After"]) >= 1
    assert ada.get("/orders").status_code == 200


def test_a_folder_that_cannot_be_made_counts(ada: Person, app: Flask, storage: Breaker) -> None:
    before, settings = storage.figures_now()[1], app.config["SETTINGS"]
    app.config["SETTINGS"] = settings.model_copy(update={"upload_dir": Path("/sys/kernel/none")})
    try:
        with pytest.raises(OSError, match="none"):
            upload(ada)
    finally:
        app.config["SETTINGS"] = settings
    assert storage.figures_now()[1] == before + 1
