"""A shop of 60,000 orders in a database of its own, analysed; each test gives it a workload."""

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.queries.advisor.shop import SCHEMA, Shop
from tests.services import Services


@pytest.fixture(scope="session")
def shop_url(services: Services) -> Iterator[str]:
    """The shop, filled once."""
    name = f"shop_{uuid4().hex[:8]}"
    services.create_database(name=name)
    url = services.superuser_url(name)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(SCHEMA)
        connection.execute("VACUUM ANALYZE")
    yield url
    services.drop_database(name)


@pytest.fixture
def shop(shop_url: str) -> Iterator[Shop]:
    """The shop as it was filled: what a test builds goes again."""
    with psycopg.connect(shop_url, autocommit=True, row_factory=dict_row) as connection:
        made = Shop(connection)
        yield made
        made.tidy()
