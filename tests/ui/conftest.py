"""Templates rendered as the app renders them, with a made-up frame; no database is asked."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask, render_template_string

from app.core.auth import Company
from app.core.ids import CompanyId
from app.core.shell import Viewer

Draw = Callable[..., str]


@pytest.fixture
def draw(app: Flask) -> Iterator[Draw]:
    """Draw template text with the kit imported, for nobody in particular."""
    with app.test_request_context("/orders?state=paid&after=x&q="):

        def drawn(source: str, **context: Any) -> str:
            return render_template_string('{% import "ui/kit.html" as ui %}' + source, **context)

        yield drawn


@pytest.fixture
def harbour() -> Company:
    """A company to act in."""
    return Company(CompanyId(1), "harbour", "Harbour Optical")


__all__ = ["Draw", "Viewer"]
