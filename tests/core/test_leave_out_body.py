"""A request without a body: taken where everything may be left out, refused in words where it may not."""

from collections.abc import Callable
from functools import partial

import pytest
from flask import Flask
from pydantic import BaseModel

from app.core.api import Contract, parse_body
from app.core.errors import MalformedBody, Problem, UnsupportedMediaType
from app.queries.explain.schemas import AskExplain
from tests.world import Person


def shapes_of(app: Flask) -> set[type[BaseModel]]:
    declared = (getattr(view, "__contract__", None) for view in app.view_functions.values())
    return {one.body for one in declared if isinstance(one, Contract) and one.body}


def test_no_endpoint_breaks_over_a_missing_body(app: Flask) -> None:
    shapes = shapes_of(app)
    assert AskExplain in shapes
    for shape in shapes:
        with app.test_request_context(method="POST"):
            refused = refusal_of(partial(parse_body, shape))
        assert refused is None or refused.status in {415, 422}, shape


@pytest.mark.parametrize(("body", "kind", "problem"), [
    (b"", "text/plain", None), (b"{}", "text/plain", UnsupportedMediaType), (b"{", "application/json", MalformedBody),
])  # fmt: skip
def test_only_what_is_missing_needs_no_type(app: Flask, body: bytes, kind: str, problem: type[Problem] | None) -> None:
    class Anything(BaseModel):
        """Nothing is needed."""

        name: str = "nobody"

    def parse() -> Anything:
        with app.test_request_context(method="POST", data=body, content_type=kind):
            return parse_body(Anything)

    assert refusal_of(parse) is problem


def refusal_of(act: Callable[[], object]) -> type[Problem] | None:
    try:
        act()
    except Problem as problem:
        return type(problem)
    return None


def test_explaining_nothing_is_refused_in_words(pat: Person) -> None:
    answer = pat.post("/api/query-optimizer/explain")
    assert answer.status_code == 422
    assert answer.json["errors"] == [{"field": "body", "message": "Give either query or fingerprint."}]
