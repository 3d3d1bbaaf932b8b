"""One field leads to everything of one's company, and to nothing of another's."""

from collections.abc import Callable

from tests.world import Person


def place(person: Person, customer: str) -> tuple[int, str]:
    person.post("/api/inventory", json={"sku": "HAL/52", "name": "Halden 52", "onHand": 9, "unitPrice": "129.00"})
    line = {"sku": "HAL/52", "quantity": 1}
    answer = person.post("/api/orders", json={"customer": {"name": customer}, "currency": "GBP", "lines": [line]})
    assert answer.status_code == 201, answer.text
    return answer.json["number"], answer.headers["X-Request-Id"]


def test_a_number_goes_to_its_order(ada: Person) -> None:
    number, _ = place(ada, "Iris Vale")
    answer = ada.get(f"/search?q={number}")
    assert (answer.status_code, answer.location) == (303, f"/orders/{number}")


def test_a_sku_goes_to_its_item(ada: Person) -> None:
    place(ada, "Iris Vale")
    assert ada.get("/search?q=HAL/52").location == "/inventory/HAL%2F52"


def test_a_name_finds_orders_and_items(ada: Person) -> None:
    place(ada, "Iris Vale")
    assert "Iris Vale" in ada.get("/search?q=Iris").text
    assert "Halden 52" in ada.get("/search?q=Halden").text


def test_a_request_id_shows_what_the_request_did(ada: Person, pump: Callable[[], int]) -> None:
    number, request = place(ada, "Iris Vale")
    pump()
    text = ada.get(f"/search?q={request}").text
    assert "order.created" in text
    assert f'href="/orders/{number}"' in text


def test_another_company_finds_nothing(ada: Person, cleo: Person, pump: Callable[[], int]) -> None:
    number, request = place(ada, "Iris Vale")
    pump()
    for text in (str(number), "HAL/52", "Iris", request):
        answer = cleo.get(f"/search?q={text}")
        assert answer.status_code == 200
        assert "Iris Vale" not in answer.text
        assert "order.created" not in answer.text


def test_a_viewer_searches_too(vera: Person) -> None:
    assert vera.get("/search?q=Iris").status_code == 200


def test_nothing_typed_says_what_can_be(ada: Person) -> None:
    assert "One field for everything" in ada.get("/search").text


def test_strange_texts_are_only_texts(ada: Person) -> None:
    for text in ("%", "_%", "'", "<b>", "9" * 40, "\x01", "²"):
        assert ada.get("/search", query_string={"q": text}).status_code == 200
