"""An item to read."""

import pytest

from app.core.redis import RedisAway, request_redis
from tests.core.cache.shelf import Shelf
from tests.site import wait_for
from tests.world import Person


@pytest.fixture
def shelf(ada: Person) -> Shelf:
    """An item of ada's, once Valkey answers: a test before this one may have left its breaker open."""
    made = Shelf(ada)
    with made.within():
        wait_for(answers, limit_s=60)
    return made


def answers() -> bool:
    """Say whether a request of this process may ask Valkey."""
    try:
        return bool(request_redis().run(lambda client: client.ping()))
    except RedisAway:
        return False
