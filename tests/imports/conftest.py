"""Small files with a bit of everything, and the real one where it is there."""

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from app.core.db import transaction
from app.orders.imports import service
from tests.site import wait_for
from tests.world import Person

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
SALES = f"""{HEADER}
536365,85123A,WHITE HANGING HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom
536365,71053,WHITE METAL LANTERN,6,2010-12-01 08:26:00,3.39,17850.0,United Kingdom
536365,71053,WHITE METAL LANTERN,6,2010-12-01 08:26:00,3.39,17850.0,United Kingdom
536366,GIFT/1,,2,2010-07-01 09:00:00,1.125,,France
536366,FREE,,1,2010-07-01 08:59:00,0,,France
C536370,85123A,WHITE HANGING HEART,-4,2010-12-05 10:00:00,2.55,17850.0,United Kingdom
C536371,71053,WHITE METAL LANTERN,-1,2010-12-05 10:00:00,3.39,,United Kingdom
536380,85123A,damaged,-7,2010-12-06 10:00:00,0,,United Kingdom
A536390,B,Adjust bad debt,1,2010-12-07 10:00:00,-11.06,,United Kingdom
536365,22752,BABUSHKA BOXES,2,2010-12-01 08:20:00,7.65,17850.0,United Kingdom
536400,85123A,zero,0,2010-12-08 10:00:00,2.55,,United Kingdom
536400,85123A,half,1.5,2010-12-08 10:00:00,2.55,,United Kingdom
536400,,no code,1,2010-12-08 10:00:00,2.55,,United Kingdom
536400,85123A,bad price,1,2010-12-08 10:00:00,1e400,,United Kingdom
536400,85123A,five decimals,1,2010-12-08 10:00:00,1.00001,,United Kingdom
536400,85123A,bad day,1,08/12/2010,2.55,,United Kingdom
536400,85123A,negative with a price,-1,2010-12-08 10:00:00,2.55,,United Kingdom
,85123A,no invoice,1,2010-12-08 10:00:00,2.55,,United Kingdom
536400,85123A,too few
"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a file."""

    def to_disk(content: str | bytes, name: str = "sales.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return to_disk


@pytest.fixture
def sales_file(write: Callable[..., Path]) -> Path:
    """A file with every class of line."""
    return write(SALES)


@pytest.fixture
def bring(app: object) -> Callable[..., dict]:
    """Import a file as somebody, here and now."""

    def run(person: Person, path: Path, **options: object) -> dict:
        with person.acting():
            return service.import_file(path, **options)

    return run


@pytest.fixture
def ask() -> Callable[..., list]:
    """Ask the database as somebody."""
    import sqlalchemy as sa

    def run(person: Person, text: str, **values: object) -> list:
        with person.acting(), transaction() as session:
            return [tuple(row) for row in session.execute(sa.text(text), values)]

    return run


@pytest.fixture
def wait() -> Callable[..., None]:
    """Wait for a condition."""
    return wait_for


@pytest.fixture(scope="session")
def real_file() -> Path:
    """Half a year of a real retailer, which is not part of this project."""
    named = os.environ.get("TEST_SALES_FILE")
    path = Path(named) if named else Path(__file__).parents[3] / "shared" / "data" / "online-retail-part1.csv.xz"
    if not path.is_file():
        pytest.skip("the real sales file is not here; name it in TEST_SALES_FILE")
    return path


def packed(text: str) -> bytes:
    """Return a text as .gz."""
    return gzip.compress(text.encode(), mtime=0)  # the same bytes in every process, for a test is named after them
