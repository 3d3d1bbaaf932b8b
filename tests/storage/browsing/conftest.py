"""Files of a company, sent as a job of ours would."""

import io
from collections.abc import Callable

import pytest
from PIL import Image

from app.storage.models import StoredFile
from app.storage.service import sending
from app.storage.service.reserve import NewFile
from app.storage.states import Category
from tests.world import Person

Send = Callable[..., StoredFile]


def png(size: tuple[int, int] = (640, 320)) -> bytes:
    """Return a picture."""
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def send() -> Send:
    """Store a file of somebody's company."""

    def run(person: Person, name: str, content: bytes = b"an order form\nfor two\n", **options: object) -> StoredFile:
        with person.acting():
            new = NewFile(name, **({"category": Category.DOCUMENTS, "size_bytes": len(content)} | options))
            return sending.keep(new, io.BytesIO(content))

    return run
