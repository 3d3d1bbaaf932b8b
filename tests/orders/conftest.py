"""Stock to order from, and orders that stand at each step."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.world import Person, World

CUSTOMER = {"name": "Marta Lind", "email": "marta@example.com"}
PARCEL = {"carrier": "DPD", "trackingNumber": "TRK-1"}
STEPS = {
    "placed": [],
    "paid": [("payment", None)],
    "packed": [("payment", None), ("packing", None)],
    "shipped": [("payment", None), ("packing", None), ("shipment", PARCEL)],
    "delivered": [("payment", None), ("packing", None), ("shipment", PARCEL), ("delivery", None)],
}


class Shop:
    """Ada's shop: items with stock, and orders made through the API."""

    def __init__(self, person: Person) -> None:
        self.person = person

    def item(self, sku: str, on_hand: int = 100, price: str = "12.50") -> None:
        answer = self.person.post(
            "/api/inventory",
            json={"sku": sku, "name": f"Item {sku}", "category": "frames", "onHand": on_hand, "unitPrice": price},
        )
        assert answer.status_code == 201, answer.text

    def body(self, **changes: Any) -> dict[str, Any]:
        line = {"sku": "FRM-1", "quantity": 2, "unitPrice": "12.50"}
        return {"customer": CUSTOMER, "currency": "GBP", "lines": [line], **changes}

    def place(self, state: str = "placed", **changes: Any) -> dict[str, Any]:
        answer = self.person.post("/api/orders", json=self.body(**changes))
        assert answer.status_code == 201, answer.text
        order = answer.json
        for act, body in STEPS[state]:
            answer = self.person.post(f"/api/orders/{order['number']}/{act}", json=body or {})
            assert answer.status_code == 201, answer.text
            order = answer.json
        assert order["state"] == state
        return order

    def read(self, number: int) -> dict[str, Any]:
        return self.person.get(f"/api/orders/{number}").json

    def stock(self, sku: str = "FRM-1") -> tuple[int, int]:
        item = self.person.get(f"/api/inventory/{sku}").json
        return item["onHand"], item["reserved"]


@pytest.fixture
def shop(ada: Person) -> Shop:
    """Two items with stock."""
    made = Shop(ada)
    made.item("FRM-1")
    made.item("LNS-2", on_hand=5, price="64.00")
    return made


@pytest.fixture
def facts(world: World, ada: Person) -> Callable[[], list[tuple[str, dict[str, Any]]]]:
    """The facts about orders that ada's company recorded so far, oldest first."""

    def read() -> list[tuple[str, dict[str, Any]]]:
        rows = world.sql.execute(
            "SELECT type, data, seq AS at FROM event_log WHERE company_id = %s AND topic = 'orders' UNION ALL "
            "SELECT type, data, 1000000000 + id FROM outbox WHERE company_id = %s AND topic = 'orders' ORDER BY at",
            (ada.company_id, ada.company_id),
        )
        return [(row["type"], row["data"]) for row in rows]

    return read
