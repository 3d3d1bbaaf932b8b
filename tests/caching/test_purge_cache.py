"""A purge makes bad what is kept; it wants a reason, and stands in the audit."""

from collections.abc import Callable

import pytest

from app.core.ids import new_ulid
from tests.core.cache.shelf import Shelf
from tests.site import wait_for
from tests.world import Person


@pytest.mark.parametrize("kind", ["everything", "namespace", "company", "table"])
def test_what_is_purged_is_read_again(pat: Person, ada: Person, kind: str) -> None:
    shelf = Shelf(ada)
    value = {"namespace": "test.point", "company": ada.company_slug, "table": "items"}.get(kind, "")
    with shelf.within():
        shelf.read(), shelf.read()

    def purge() -> bool:
        answer = pat.post("/api/cache/purge", json={"kind": kind, "value": value, "reason": "It looks wrong"})
        assert answer.status_code == 200, answer.text
        assert answer.json in ({"kind": kind, "value": value, "isTold": told} for told in (True, False))
        return bool(answer.json["isTold"])

    wait_for(purge)  # who could not reach Valkey a moment ago rests for a second, and says so
    with shelf.within():
        shelf.read(), shelf.read()
    assert shelf.asked == 2


def test_another_companys_values_stay(pat: Person, ada: Person, cleo: Person) -> None:
    shelf = Shelf(ada)
    with shelf.within():
        shelf.read()
    body = {"kind": "company", "value": cleo.company_slug, "reason": "Theirs alone"}
    assert pat.post("/api/cache/purge", json=body).status_code == 200
    with shelf.within():
        shelf.read()
    assert shelf.asked == 1


def test_the_page_asks_first_and_tells_of_it(pat: Person, ada: Person, pump: Callable[[], int]) -> None:
    shown = pat.get("/cache/purge?kind=namespace&value=test.point")
    assert shown.status_code == 200
    assert "cannot be undone" in shown.text
    reason = f"Because {new_ulid()}"
    form = {"kind": "namespace", "value": "test.point", "reason": reason, "idempotency_key": new_ulid()}
    for _ in range(2):  # the repeat is the same act
        answer = pat.post("/cache/purge", data=form)
        assert answer.status_code == 303, answer.text
        assert answer.headers["Location"].endswith("/cache")
    assert "test.point is purged" in pat.get("/cache").text
    pump()
    kept = pat.world.sql.execute(
        "SELECT count(*) AS n FROM audit WHERE type = 'cache.purged' AND reason = %s", (reason,)
    ).fetchone()
    assert kept is not None
    assert kept["n"] == 1


def test_what_is_wrong_is_said_beside_it(pat: Person) -> None:
    for form, words in (
        ({"kind": "namespace", "value": "test.point"}, "Write why"),
        ({"kind": "namespace", "value": "nothing", "reason": "x"}, "Nothing of that name is kept"),
        ({"kind": "company", "value": "nobody-at-all", "reason": "x"}, "Nothing of that name is kept"),
        ({"kind": "stars", "value": "", "reason": "x"}, "Choose what is purged"),
    ):
        answer = pat.post("/cache/purge", data={**form, "idempotency_key": new_ulid()})
        assert answer.status_code == 422
        assert words in answer.text
    answer = pat.post("/api/cache/purge", json={"kind": "namespace", "value": "nothing", "reason": "x"})
    assert answer.status_code == 404
    assert answer.json["code"] == "nothing-kept"
    assert pat.post("/api/cache/purge", json={"kind": "everything", "reason": ""}).status_code == 422
    body = {"kind": "everything", "value": "something", "reason": "x"}
    assert pat.post("/api/cache/purge", json=body).status_code == 404
