"""One's own prices in place of the list's: only by the platform, with source, date and reason."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.meanwhile import right_after
from tests.world import Person, World

FORM = {
    "stored": "1000 0.01, rest 0.008", "writes": "1", "reads": "0.1", "sent": "0", "freeStored": "0", "freeWrites": "0",
    "freeReads": "0", "freeSent": "0", "freeSentTimesStored": "0", "source": "contract 7", "asOf": "2026-11-01",
    "reason": "our contract", "version": "0",
}  # fmt: skip


@pytest.fixture(autouse=True)
def list_prices_again(world: World) -> Iterator[None]:
    """Prices are everybody's: leave the list as it was."""
    yield
    world.sql.execute("DELETE FROM storage_prices")


def put_in(pat: Person, place: str = "gcs", **changes: Any) -> Any:
    """Send the form."""
    return pat.post(f"/storage/prices/{place}", data={**FORM, **changes})


def test_own_prices_stand_until_they_are_taken_back(pat: Person) -> None:
    """With their source and date; costs are counted with them."""
    assert put_in(pat).status_code == 303
    text = pat.get("/storage/prices").text
    assert "Yours, as of 1 Nov 2026" in text
    assert "contract 7" in text
    assert "0.01 up to 1,000 GB<br>0.008 above" in text
    assert "10,000,000" in text
    costs = pat.get("/api/storage/costs").json
    assert costs is not None
    assert [one["isOwnPrice"] for one in costs["now"] + costs["elsewhere"] if one["place"] == "gcs"] == [True]
    assert pat.post("/storage/prices/gcs/shipped", data={"version": "1"}).status_code == 303
    assert "Yours, as of" not in pat.get("/storage/prices").text


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("stored", ""), ("stored", "100 0.1"), ("stored", "100 0.1, 50 0.2, rest 0.3"), ("stored", "x"),
        ("writes", "-1"), ("writes", "NaN"), ("reads", "1e400"), ("sent", "rest"), ("source", ""), ("reason", ""),
        ("asOf", "2999-01-01"), ("asOf", "soon"), ("freeSent", "0.00000000001"),
    ],
)  # fmt: skip
def test_what_is_no_price_is_refused(pat: Person, field: str, text: str) -> None:
    """By its field, and nothing is saved."""
    answer = put_in(pat, **{field: text})
    assert answer.status_code == 422
    assert f'id="f-{field}-error"' in answer.text
    assert "Yours, as of" not in pat.get("/storage/prices").text


def test_of_two_editors_the_second_is_told(pat: Person) -> None:
    """Both worked on the list's."""
    assert put_in(pat).status_code == 303
    assert put_in(pat).status_code == 409
    assert put_in(pat, version="1").status_code == 303


def test_even_when_both_are_the_first_at_once(pat: Person) -> None:
    """Each looked for a row to lock, and there was none."""
    other: list[Any] = []
    with right_after("FROM storage_prices.*FOR UPDATE", lambda: other.append(put_in(pat, source="contract 8"))):
        mine = put_in(pat)
    assert ([one.status_code for one in other], mine.status_code) == ([303], 409)
    assert "contract 8" in pat.get("/storage/prices").text
    assert put_in(pat, version="1").status_code == 303


def test_a_change_is_in_the_audit(world: World, pat: Person) -> None:
    """With what was before."""
    put_in(pat)
    row = world.sql.execute(
        "SELECT data FROM outbox WHERE type = 'storage.price-changed' ORDER BY id DESC LIMIT 1"
    ).fetchone()
    assert row is not None
    assert row["data"]["changes"]["writes"] == {"before": "5.00", "after": "1"}
    assert row["data"]["reason"] == "our contract"


def test_only_the_platform_sets_prices(ada: Person, pat: Person) -> None:
    """A place that is not in the list is not there."""
    assert ada.post("/storage/prices/gcs", data=FORM).status_code == 403
    assert put_in(pat, "nowhere").status_code == 404
    assert pat.get("/storage/prices/nowhere").status_code == 404
