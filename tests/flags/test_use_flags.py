"""Flags from code: who asks, values, gates, templates."""

import pytest
from flask import render_template_string

from app import flags
from app.core import arms, gates
from app.core.context import acting_as
from app.core.installation import installation
from app.core.tenancy import acting_for
from app.flags import service, use
from app.flags.context import current_context
from app.flags.problems import FeatureOff
from tests.flags.acts import as_platform, fresh_key, make_flag
from tests.world import Person


def allow_only(pat: Person, scope: str, target: str) -> str:
    key = make_flag(pat, scope=scope)
    with as_platform(pat):
        service.enable(key)
        service.set_percentage(key, 0)
        service.allow(key, target)
    return key


def test_a_job_asks_for_its_company_and_its_person(pat: Person, ada: Person, cleo: Person) -> None:
    by_company, by_user = allow_only(pat, "company", ada.company_slug), allow_only(pat, "user", ada.public_id)
    with ada.acting():
        assert flags.is_enabled(by_company)
        assert flags.is_enabled(by_user)
        assert current_context()["company"] == ada.company_slug
    with cleo.acting():
        assert not flags.is_enabled(by_company)
        assert not flags.is_enabled(by_user)


def test_nobody_has_no_name(pat: Person) -> None:
    with pat.app.app_context(), installation(), acting_as(None):
        assert set(current_context()) == {"environment", "release"}
    with pat.app.app_context(), acting_for(-1), acting_as(None):
        assert "targetingKey" not in current_context()


def test_a_request_asks_for_who_is_signed_in(pat: Person, ada: Person, cleo: Person) -> None:
    key = allow_only(pat, "company", ada.company_slug)
    path = f"/api/degradation/features/{key}"
    assert ada.get(path).json["enabled"]
    assert not cleo.get(path).json["enabled"]


def test_a_value_has_the_type_of_its_default(pat: Person) -> None:
    key = make_flag(pat, type="number", variants={"on": 5, "off": 1})
    with as_platform(pat):
        service.enable(key)
        service.set_percentage(key, 100_000)
        assert flags.value(key, 0) == 5
        assert flags.value(key, 0.5) == 5
        assert flags.value(key, "text") == "text"
        assert flags.value(key, default=False) is False
        assert flags.value(fresh_key(), 7) == 7


def test_a_gate_refuses_by_the_flags_name(pat: Person) -> None:
    key = make_flag(pat, scope="global")

    @flags.gate(key)
    def act() -> str:
        return "done"

    with as_platform(pat):
        with pytest.raises(FeatureOff) as refused:
            act()
        assert (refused.value.status, refused.value.key) == (403, key)
        service.enable(key)
        assert act() == "done"


def test_a_template_asks_too(pat: Person) -> None:
    key = make_flag(pat, scope="global")
    template = "{% if flag(key) %}on{% else %}off{% endif %}"
    with as_platform(pat), pat.app.test_request_context():
        assert render_template_string(template, key=key) == "off"
        service.enable(key)
        assert render_template_string(template, key=key) == "on"


def test_core_asks_through_its_gate(pat: Person) -> None:
    key = make_flag(pat, scope="global")
    with as_platform(pat):
        assert not gates.is_on(key, default=True)
        assert gates.is_on(fresh_key(), default=True)


def test_whoever_listens_hears_which_flags_changed(pat: Person) -> None:
    key, other, heard = make_flag(pat), make_flag(pat), []
    with as_platform(pat):
        forget = flags.on_change(heard.append)
        service.set_percentage(key, 5_000)
        forget()
        service.set_percentage(other, 5_000)
    assert heard == [{key}]


def test_what_happened_is_tracked_with_its_arms(pat: Person) -> None:
    heard: list[tuple[str, object, float | None]] = []

    def tracker(event: str, context: object, value: float | None, given: dict[str, str]) -> None:
        heard.append((event, context, value))

    use.on_track(tracker)
    try:
        with as_platform(pat):
            flags.track("ordered", "somebody", 12.5)
    finally:
        use._trackers.remove(tracker)
    assert heard == [("ordered", {"targetingKey": "somebody"}, 12.5)]
    assert arms.current() == {}


def test_the_state_of_this_process_is_told(pat: Person) -> None:
    with as_platform(pat):
        version = service.enable(make_flag(pat)).version
        found = flags.status()
        assert not flags.is_stale()
    assert (found.revision, found.environment, found.source, found.is_stale) == (
        version,
        "production",
        "database",
        False,
    )
