"""Bodies that break parsers: each gets a problem document that says what is wrong with it."""

import pytest

from tests.world import Person

NASTY_BODIES = {
    "malformed": (b'{"customer": ', 400),
    "not an object": (b"[1, 2, 3]", 422),
    "bad UTF-8": (b'{"customer": {"name": "\xff\xfe"}}', 400),
    "NUL": (b'{"customer": {"name": "a\\u0000b"}, "currency": "GBP", "lines": [{"sku": "A", "quantity": 1}]}', 422),
    "deep nesting": (b'{"customer": ' + b'{"a":' * 5000 + b"1" + b"}" * 5001, 400),
    "huge": (b'{"note": "' + b"x" * 3_000_000 + b'"}', 413),
    "price 1e400": (b'{"customer": {"name": "A"}, "currency": "GBP", "lines": [{"sku": "A", "quantity": 1, "unitPrice": 1e400}]}', 422),
    "a lone surrogate": (b'{"customer": {"name": "\\ud800"}, "currency": "GBP", "lines": []}', 400),
    "empty": (b"", 400),
}  # fmt: skip


@pytest.mark.parametrize("name", NASTY_BODIES)
def test_a_nasty_body_gets_a_problem_document(ada: Person, name: str) -> None:
    body, status = NASTY_BODIES[name]
    answer = ada.post("/api/orders", data=body, content_type="application/json")
    assert answer.status_code == status, answer.text[:300]
    assert answer.mimetype == "application/problem+json"
    assert answer.json["title"]


def test_another_content_type_is_refused_by_name(ada: Person) -> None:
    answer = ada.post("/api/orders", data="a=b", content_type="text/plain")
    assert answer.status_code == 415
    assert "application/json" in answer.json["title"] + answer.json["detail"]
