"""The house stands: the app starts, answers, and its schema matches its models."""

from flask import Flask


def test_the_document_is_served(app: Flask) -> None:
    answer = app.test_client().get("/api/openapi.json")
    assert answer.status_code == 200
    assert answer.json["openapi"] == "3.1.0"


def test_an_unknown_api_address_is_a_problem_document(app: Flask) -> None:
    answer = app.test_client().get("/api/nothing")
    assert answer.status_code == 404
    assert answer.mimetype == "application/problem+json"
    assert answer.json["code"] == "not-found"
    assert answer.json["requestId"] == answer.headers["X-Request-Id"]
