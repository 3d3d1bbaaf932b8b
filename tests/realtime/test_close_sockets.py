"""A socket ends within a second when its person may no longer listen, on whichever worker it is."""

import time
from collections.abc import Callable

from tests.realtime.ear import Ear
from tests.site import wait_for
from tests.world import Person

Listen = Callable[..., Ear]
LIMIT_S = 1.0


def closes_within_a_second(ears: list[Ear]) -> None:
    began = time.monotonic()
    for ear in ears:
        assert ear.is_closed.wait(3)
    assert time.monotonic() - began < LIMIT_S


def test_signing_out_closes_the_sockets_of_that_session(listen: Listen, ada: Person, sam: Person) -> None:
    ears, other = [listen(ada, topics=["lanterns"]) for _ in range(4)], listen(sam, topics=["lanterns"])
    assert ada.post("/api/logout", json={}).status_code < 300
    closes_within_a_second(ears)
    assert not other.is_closed.is_set()


def test_a_new_role_closes_the_sockets_so_that_they_come_back_with_it(listen: Listen, ada: Person, sam: Person) -> None:
    ears = [listen(sam, topics=["lanterns"]) for _ in range(4)]
    answer = ada.patch(f"/api/users/{sam.public_id}", json={"role": "viewer"})
    assert answer.status_code < 300, answer.text
    closes_within_a_second(ears)


def test_deactivating_somebody_closes_their_sockets(listen: Listen, ada: Person, sam: Person) -> None:
    ears = [listen(sam, topics=["lanterns"]) for _ in range(4)]
    answer = ada.post(f"/api/users/{sam.public_id}/deactivation", json={"reason": "left us"})
    assert answer.status_code < 300, answer.text
    closes_within_a_second(ears)


def test_an_admin_closes_one_connection(listen: Listen, ada: Person, sam: Person) -> None:
    ear, other = listen(sam, topics=["lanterns"]), listen(sam, topics=["lanterns"])
    name = ear.of("ready")[0]["id"]
    wait_for(lambda: name in ada.get("/live").text)
    assert ada.post(f"/live/{name}/closing").status_code == 303
    closes_within_a_second([ear])
    assert ear.of("bye") == [{"reason": "closed-by-admin"}]
    assert not other.is_closed.is_set()


def test_an_admin_of_another_company_can_not_see_or_close_it(listen: Listen, ada: Person, cleo: Person) -> None:
    ear = listen(ada, topics=["lanterns"])
    name = ear.of("ready")[0]["id"]
    wait_for(lambda: name in ada.get("/live").text)
    assert name not in cleo.get("/live").text
    assert cleo.post(f"/live/{name}/closing").status_code == 404
    assert not ear.is_closed.is_set()


def test_a_viewer_may_not_see_connections(vera: Person) -> None:
    assert vera.get("/live").status_code == 403
