"""Acts on the ticked items, or on all that match."""

from collections.abc import Callable

import pytest

from app.core.tasks import JOBS
from app.inventory import service
from app.inventory.models import Item
from tests.inventory.conftest import MakeItem
from tests.inventory.looks import facts_of, fresh
from tests.world import Person, World


@pytest.fixture
def three(ada: Person, make_item: MakeItem) -> list[Item]:
    """Three items; the last is held by an order."""
    items = [make_item(ada, sku, category="Care") for sku in ("A", "B", "C")]
    with ada.acting():
        service.reserve(17, {"C": 1})
    return items


def test_the_question_says_how_many_and_changes_nothing(sam: Person, three: list[Item]) -> None:
    answer = sam.post("/inventory/bulk", data={"act": "archive", "sku": ["A", "B"]})
    assert answer.status_code == 200
    assert "Archive 2 items?" in answer.text
    everything = sam.post("/inventory/bulk", data={"act": "reorder-point", "all": "1", "query": "category=Care"})
    assert "Set the reorder point of 3 items?" in everything.text
    assert fresh(sam, three[0]).archived_at is None


def test_ticked_items_are_archived_but_for_those_held(sam: Person, three: list[Item]) -> None:
    answer = sam.post(
        "/inventory/bulk/acts", data={"act": "archive", "sku": ["C", "A", "B", "NOPE"], "query": "category=Care"}
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, "/inventory?category=Care")
    text = sam.get("/inventory").text
    assert (
        "2 items archived. 2 items not: C: Orders were promised more of C than that.; NOPE: There is no such item."
        in text
    )
    assert [fresh(sam, item).archived_at is not None for item in three] == [True, True, False]


def test_a_reorder_point_is_set_and_a_repeat_changes_nothing_more(sam: Person, three: list[Item], world: World) -> None:
    form = {"act": "reorder-point", "sku": ["A", "B"], "reorderPoint": "4", "idempotency_key": "k"}
    before = len(facts_of(world, sam))
    for _ in range(2):
        assert sam.post("/inventory/bulk/acts", data=form).status_code == 303
    assert fresh(sam, three[0]).reorder_point == fresh(sam, three[1]).reorder_point == 4
    assert len(facts_of(world, sam)) == before + 2


def test_a_missing_reorder_point_asks_again(sam: Person, three: list[Item]) -> None:
    answer = sam.post("/inventory/bulk/acts", data={"act": "reorder-point", "sku": ["A"]})
    assert answer.status_code == 422
    assert "Type a reorder point, 0 or more." in answer.text


def test_nothing_ticked_is_refused(sam: Person) -> None:
    assert sam.post("/inventory/bulk", data={"act": "archive"}).status_code == 422
    assert sam.post("/inventory/bulk", data={"act": "burn", "sku": ["A"]}).status_code == 422


def test_all_that_match_are_changed_by_a_job(sam: Person, three: list[Item], world: World, make_item: MakeItem) -> None:
    other = make_item(sam, "D", category="Else")
    answer = sam.post("/inventory/bulk/acts", data={"act": "archive", "all": "1", "query": "category=Care&sort=name"})
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/jobs/")
    job = world.sql.execute("SELECT * FROM jobs WHERE company_id = %s", (sam.company_id,)).fetchone()
    assert job is not None
    assert (job["name"], job["title"]) == ("inventory.change_matching", "Archive 3 items")
    with sam.acting():
        run: Callable[..., dict[str, object]] = JOBS[job["name"]]
        result = run(**job["args"])
        assert run(**job["args"]) == {**result, "done": 0}, "run again it finds nothing left but the refused"
    assert (result["done"], list(result["refused"])) == (2, ["C"])  # type: ignore[call-overload]
    assert fresh(sam, other).archived_at is None


def test_an_outsider_changes_nothing_and_a_viewer_may_not(cleo: Person, vera: Person, three: list[Item]) -> None:
    assert cleo.post("/inventory/bulk/acts", data={"act": "archive", "sku": ["A"]}).status_code == 303
    assert vera.post("/inventory/bulk/acts", data={"act": "archive", "sku": ["A"]}).status_code == 403
    assert vera.post("/inventory/bulk", data={"act": "archive", "sku": ["A"]}).status_code == 403
    assert fresh(vera, three[0]).archived_at is None
