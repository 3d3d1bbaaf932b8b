"""An item to read."""

import pytest

from tests.core.cache.shelf import Shelf
from tests.world import Person


@pytest.fixture
def shelf(ada: Person) -> Shelf:
    """An item of ada's."""
    return Shelf(ada)
