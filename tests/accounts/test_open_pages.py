"""Every account page opens, for those who may see it."""

import pytest

from tests.world import Person

OWN = ["/settings", "/sessions"]
ADMIN = ["/settings/tokens", "/settings/users", "/settings/company"]


@pytest.mark.parametrize("path", OWN + ADMIN)
def test_an_admin_opens_it(ada: Person, path: str) -> None:
    answer = ada.get(path)
    assert answer.status_code == 200, answer.text
    assert ada.name in answer.text


@pytest.mark.parametrize("path", OWN)
def test_a_viewer_opens_their_own(vera: Person, path: str) -> None:
    assert vera.get(path).status_code == 200


@pytest.mark.parametrize("path", [*ADMIN, "/settings/companies"])
def test_a_viewer_may_not_open_the_company_s(vera: Person, path: str) -> None:
    assert vera.get(path).status_code == 403


@pytest.mark.parametrize("path", [*OWN, "/settings/tokens", "/settings/companies"])
def test_a_platform_admin_opens_it_without_a_company(pat: Person, path: str) -> None:
    answer = pat.get(path)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("path", ["/login", "/password/forgot"])
def test_a_visitor_opens_the_door(world: object, ada: Person, path: str) -> None:
    assert ada.app.test_client().get(path).status_code == 200


def test_a_visitor_is_sent_to_the_door_and_back(ada: Person) -> None:
    answer = ada.app.test_client().get("/settings?x=1")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login?next=/settings?x%3D1")
