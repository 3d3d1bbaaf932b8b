"""bulk-operations: ticks, the bar and the acts, by company."""

from tests.flags.gates.switch import blocked
from tests.world import Person


def stock(person: Person) -> None:
    person.post("/api/inventory", json={"sku": "FRAME", "name": "Halden 52", "onHand": 5, "unitPrice": "1.00"})
    line = {"sku": "FRAME", "quantity": 1}
    person.post("/api/orders", json={"customer": {"name": "Iris Vale"}, "lines": [line]})


def test_a_company_without_it_sees_no_bar_and_may_not_act(ada: Person, cleo: Person, pat: Person) -> None:
    stock(ada)
    stock(cleo)
    with blocked(pat, "bulk-operations", ada.company_slug):
        for path in ("/orders", "/inventory"):
            text = ada.get(path).text
            assert 'id="bulk"' not in text
            assert 'data-flags=""' in text
            assert 'id="bulk"' in cleo.get(path).text
        for path, body in (
            ("/orders/bulk", {"act": "pay", "number": "1"}),
            ("/inventory/bulk", {"act": "archive", "sku": "FRAME"}),
            ("/inventory/bulk/acts", {"act": "archive", "sku": "FRAME"}),
        ):
            answer = ada.post(path, data=body)
            assert (answer.status_code, "bulk-operations" in answer.text) == (403, True), path
        refused = ada.post("/api/orders/bulk", json={"act": "pay", "numbers": [1]})
        assert (refused.status_code, (refused.json or {})["code"], (refused.json or {})["key"]) == (
            403,
            "feature-off",
            "bulk-operations",
        )
        assert (ada.get("/api/orders/1").json or {})["state"] == "placed"
        assert cleo.post("/api/orders/bulk", json={"act": "pay", "numbers": [1]}).status_code == 200
    assert ada.post("/api/orders/bulk", json={"act": "pay", "numbers": [1]}).status_code == 200


def test_the_right_is_asked_before_the_flag(vera: Person, pat: Person) -> None:
    with blocked(pat, "bulk-operations", vera.company_slug):
        refused = vera.post("/api/orders/bulk", json={"act": "pay", "numbers": [1]})
        assert (refused.json or {})["code"] == "forbidden"
