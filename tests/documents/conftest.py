"""The flag, the items on the form, and reading as a worker would."""

from collections.abc import Callable, Iterator

import pytest

from app.documents import service
from tests.documents.sheets import ROWS
from tests.flags.gates.switch import allowed
from tests.world import Person


@pytest.fixture
def seeing(pat: Person, ada: Person) -> Iterator[None]:
    """The flag is on for ada's company."""
    with allowed(pat, "vision-analysis", ada.company_slug):
        yield


@pytest.fixture
def stocked(ada: Person) -> None:
    """The company sells what stands on the form, and things whose names and numbers are much like it."""
    for sku, name in [*[(row[0], row[1]) for row in ROWS], ("71058", "White metal lamp"), ("6", "A thing called six")]:
        made = ada.post("/api/inventory", json={"sku": sku, "name": name, "onHand": 500, "unitPrice": "9.99"})
        assert made.status_code == 201, made.text


@pytest.fixture
def send(ada: Person) -> Callable[..., dict]:
    """Send a file in by the API and read it here and now."""

    def run(content: bytes, name: str = "form.png", *, read: bool = True) -> dict:
        answer = ada.post(f"/api/documents?name={name}", data=content, content_type="application/octet-stream")
        assert answer.status_code == 202, answer.text
        if read:
            with ada.acting():
                service.read_document(answer.json["id"])
        return dict(ada.get(f"/api/documents/{answer.json['id']}").json)

    return run
