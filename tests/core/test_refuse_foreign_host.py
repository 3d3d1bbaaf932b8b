"""A name that is not ours: a page asked for under it is refused in plain words, not broken."""

import pytest
from flask import Flask

FOREIGN = {"Host": "elsewhere.example"}


@pytest.mark.parametrize("path", ["/", "/login", "/orders", "/api/orders", "/nowhere", "/static/none.css"])
def test_an_address_under_a_foreign_name_is_refused(app: Flask, path: str) -> None:
    answer = app.test_client().get(path, headers=FOREIGN)
    assert answer.status_code == 400, answer.text[:200]
    assert answer.mimetype == "application/problem+json"
    assert answer.json["code"] == "bad-request"


def test_an_act_under_a_foreign_name_is_refused(app: Flask) -> None:
    answer = app.test_client().post("/login", headers=FOREIGN | {"HX-Request": "true"})
    assert answer.status_code == 400
