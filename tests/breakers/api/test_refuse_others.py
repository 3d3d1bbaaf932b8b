"""Every address of breakers, from the URL map: nobody but platform admins gets anything."""

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.breakers.console import make_breaker
from tests.world import SAME_ORIGIN, Person


def addresses(app: Flask, name: str) -> Iterator[tuple[str, str]]:
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith(("breakers.", "breakers_api.")):
            path = rule.rule.replace("<string:name>", name).replace("<string:how>", "open")
            yield from ((method, path) for method in (rule.methods or set()) - {"HEAD", "OPTIONS"})


@pytest.mark.parametrize("who", ["ada", "sam", "vera", "cleo"])
def test_people_of_companies_are_refused_everywhere(app: Flask, request: pytest.FixtureRequest, who: str) -> None:
    person: Person = request.getfixturevalue(who)
    one = make_breaker()
    found = list(addresses(app, one.name))
    assert len(found) >= 15
    for method, path in found:
        assert person.ask(method, path, json={}).status_code == 403, f"{method} {path}"
        assert person.ask(method, path, data={}).status_code == 403, f"{method} {path}"
    assert one.state.name == "CLOSED"


def test_strangers_are_asked_to_sign_in(app: Flask) -> None:
    client = app.test_client()
    for method, path in addresses(app, make_breaker().name):
        answer = client.open(path, method=method, headers=SAME_ORIGIN)
        assert answer.status_code in {303, 401}, f"{method} {path}"
        assert "login" in (answer.location or "login")
