"""What tests of looking after files share."""

from collections.abc import Callable

import pytest
from flask import Flask

from app.storage.usage import fold as folding


@pytest.fixture
def fold(app: Flask) -> Callable[[], int]:
    """Fold what was counted, as the relay does."""

    def run() -> int:
        with app.app_context():
            return folding.fold()

    return run
