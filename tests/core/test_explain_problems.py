"""Problem documents point at a page that explains them; a body that is too long is told so."""

import io

import pytest
from flask import Flask

from app.core.errors import CATALOGUE
from tests.world import Person


def test_the_type_of_a_problem_is_a_page_that_explains_it(app: Flask) -> None:
    refused = app.test_client().get("/api/user").json
    path, _, anchor = refused["type"].removeprefix(app.config["SETTINGS"].base_url).partition("#")
    page = app.test_client().get(path)
    assert page.status_code == 200
    assert anchor == refused["code"]
    assert f'id="{anchor}"' in page.text
    assert "You are not signed in." in page.text


def test_every_problem_is_explained_to_everybody(app: Flask, vera: Person) -> None:
    for page in (app.test_client().get("/docs/problems"), vera.get("/docs/problems")):
        assert [code for code in CATALOGUE if f'id="{code}"' not in page.text] == []
        assert "{" not in page.text.partition("<main")[2].partition("</main>")[0]


def chunked(person: Person, size: int, path: str = "/api/orders") -> tuple[int, str]:
    """Send a JSON body of so many bytes without a Content-Length, as a server hands it on."""
    body = b'{"note": "' + b"x" * (size - 12) + b'"}'
    environ = {"wsgi.input": io.BytesIO(body), "wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    answer = person.post(path, environ_overrides=environ, headers={"Content-Type": "application/json"})
    return answer.status_code, answer.json["code"]


@pytest.mark.parametrize(
    ("beyond", "expected"), [(0, "note-too-long"), (1, "body-too-large"), (900_000, "body-too-large")]
)
def test_a_chunked_body_is_refused_when_it_is_too_long(app: Flask, ada: Person, beyond: int, expected: str) -> None:
    status, code = chunked(ada, app.config["SETTINGS"].max_body_bytes + beyond)
    assert (status, code) == (413 if beyond else 422, expected)


def test_a_chunked_form_is_refused_when_it_is_too_long(app: Flask, ada: Person) -> None:
    body = b"email=" + b"x" * app.config["SETTINGS"].max_body_bytes
    environ = {"wsgi.input": io.BytesIO(body), "wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert ada.post("/invitations", environ_overrides=environ, headers=form).status_code == 413


@pytest.mark.parametrize(
    "path",
    [
        "/orders/%00", "/api/files/%00", "/storage/files/%00", "/inventory/A%00B", "/static/%00",
    ],
)  # fmt: skip
def test_a_name_with_nul_is_nobodys(ada: Person, pat: Person, path: str) -> None:
    assert [person.get(path).status_code for person in (ada, pat)] == [404, 404]
