"""A request that carries an Idempotency-Key acts once, however often and however close together it is sent."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from app.core.ids import new_ulid
from tests.world import SAME_ORIGIN, Person

BODY = {"customer": {"name": "Iris Vale"}, "currency": "GBP", "lines": [{"sku": "FRAME", "quantity": 1}]}
AT_ONCE = 16


def stock(person: Person) -> None:
    person.post("/api/inventory", json={"sku": "FRAME", "name": "Halden", "onHand": 50, "unitPrice": "10.00"})


def orders_of(person: Person) -> int:
    row = person.world.sql.execute("SELECT count(*) AS n FROM orders WHERE company_id = %s", (person.company_id,))
    return int(row.fetchone()["n"])


def test_sent_at_once_it_acts_once(ada: Person) -> None:
    stock(ada)
    key, together, cookie = {"Idempotency-Key": new_ulid()}, Barrier(AT_ONCE), ada.client.get_cookie("qd")

    def send() -> tuple[int, str]:
        client = ada.app.test_client()
        client.set_cookie("qd", cookie.value)
        together.wait()
        answer = client.post("/api/orders", json=BODY, headers={**SAME_ORIGIN, **key})
        return answer.status_code, answer.json.get("code", "")

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = Counter(pool.map(lambda _: send(), range(AT_ONCE)))
    assert orders_of(ada) == 1
    assert set(answers) <= {(201, ""), (409, "idempotency-key-in-flight")}, answers
    assert answers[201, ""] >= 1


def test_in_flight_it_says_so_and_when_to_come_back(ada: Person, superuser_url: str) -> None:
    import psycopg

    stock(ada)
    key = new_ulid()
    identity = {"company_id": ada.company_id, "principal": ada.public_id, "route": "POST /api/orders", "key": key}
    with psycopg.connect(superuser_url) as other:
        other.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (repr(sorted(identity.items())),))
        answer = ada.post("/api/orders", json=BODY, headers={"Idempotency-Key": key})
        assert (answer.status_code, answer.json["code"]) == (409, "idempotency-key-in-flight")
        assert answer.headers["Retry-After"]
        other.rollback()
    assert ada.post("/api/orders", json=BODY, headers={"Idempotency-Key": key}).status_code == 201
    assert orders_of(ada) == 1


def test_a_refusal_is_remembered_too(ada: Person) -> None:
    stock(ada)
    key = {"Idempotency-Key": new_ulid()}
    wrong = {**BODY, "lines": [{"sku": "NOTHING", "quantity": 1}]}
    first = ada.post("/api/orders", json=wrong, headers=key)
    again = ada.post("/api/orders", json=wrong, headers=key)
    assert first.status_code == again.status_code == 422
    assert again.headers["Idempotency-Replayed"] == "true"


def test_keys_of_two_companies_never_meet(ada: Person, cleo: Person) -> None:
    stock(ada), stock(cleo)
    key = {"Idempotency-Key": new_ulid()}
    assert ada.post("/api/orders", json=BODY, headers=key).status_code == 201
    assert cleo.post("/api/orders", json=BODY, headers=key).status_code == 201
    assert (orders_of(ada), orders_of(cleo)) == (1, 1)
