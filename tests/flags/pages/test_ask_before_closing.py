"""What shuts people or programs out is asked about first, with what it shuts and who stays in."""

import pytest

from app.flags import reads, service
from tests.flags.acts import as_platform
from tests.flags.gates.switch import switched
from tests.world import Person

CLOSING = [
    ("core-api", False, "Every JSON address answers 503", "pages stay open"),
    ("authentication", False, "Nobody but platform admins can sign in", "You stay in"),
    (
        "maintenance-mode",
        True,
        "A maintenance page for everybody but platform admins",
        "every other platform admin stay in",
    ),
]


@pytest.mark.parametrize(("key", "is_on", "shuts", "stays"), CLOSING)
def test_closing_is_asked_about_on_every_way(pat: Person, key: str, is_on: bool, shuts: str, stays: str) -> None:
    act = {"on": "1" if is_on else "0"}
    with switched(pat, key, on=not is_on):
        for address in (f"/flags?q={key}", f"/flags/{key}"):
            shown = pat.get(address).text
            assert f'href="/flags/{key}/switch"' in shown
        asked = pat.post(f"/flags/{key}/switch", data=act)
        assert asked.status_code == 409
        for page in (asked.text, pat.get(f"/flags/{key}/switch").text):
            assert shuts in page
            assert stays in page
        with as_platform(pat):
            assert reads.find_flag(key).is_enabled is not is_on
        assert pat.post(f"/flags/{key}/switch", data={**act, "confirmed": "1"}).status_code == 303
        with as_platform(pat):
            assert reads.find_flag(key).is_enabled is is_on
            (service.disable if is_on else service.enable)(key)


def test_opening_again_and_other_environments_are_as_ever(pat: Person) -> None:
    with switched(pat, "maintenance-mode", on=True):
        assert pat.post("/flags/maintenance-mode/switch", data={"on": "0"}).status_code == 303
    staging = "/flags/maintenance-mode/switch?environment=staging"
    assert pat.post(staging, data={"on": "1"}).status_code == 303
    assert pat.post(staging, data={"on": "0"}).status_code == 303
