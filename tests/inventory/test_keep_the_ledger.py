"""Whatever happens, in whatever order: the ledger sums to the stock, and no promise exceeds it."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.errors import Problem
from app.core.ids import new_ulid
from app.inventory import service
from app.inventory.models import Item
from app.inventory.schemas import AdjustStock, RecountStock
from tests.inventory.conftest import MakeItem
from tests.inventory.looks import fresh, ledger
from tests.world import Person

UNITS = st.integers(1, 12)
ACTS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["reserve", "release", "ship", "take_back"]), UNITS),
        st.tuples(st.just("adjust"), st.integers(-12, 12)),
        st.tuples(st.just("recount"), st.integers(0, 20)),
        st.tuples(st.just("undo"), st.integers(0, 5)),
    ),
    max_size=25,
)


def act(person: Person, item: Item, name: str, units: int) -> None:
    """Do one act; a refusal is an answer too."""
    try:
        match name:
            case "reserve":
                service.reserve(1, {item.sku: units})
            case "release" | "ship" | "take_back":
                getattr(service, name)(1, {item.id: units})
            case "adjust":
                service.adjust_stock(item.sku, AdjustStock(delta=units, reason="any"))
            case "recount":
                service.recount_stock(item.sku, RecountStock(counted=units))
            case "undo":
                entries = ledger(person, item)
                service.reverse_adjustment(item.sku, entries[min(units, len(entries) - 1)].id)
    except Problem:
        return


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
def test_any_acts_leave_ledger_and_promises_right(
    ada: Person, make_item: MakeItem, acts: list[tuple[str, int]]
) -> None:
    item = make_item(ada, new_ulid(), on_hand=10)
    for name, units in acts:
        with ada.acting():
            act(ada, item, name, units)
    after, entries = fresh(ada, item), ledger(ada, item)
    assert sum(entry.delta for entry in entries) == after.on_hand
    assert 0 <= after.reserved <= after.on_hand
    assert after.available == after.on_hand - after.reserved
    running = 0
    for entry in entries:
        running += entry.delta
        assert entry.on_hand_after == running
