"""Without a source of its own the provider answers from this process's flags, as `app.flags` does."""

import pytest
from openfeature import api
from openfeature.evaluation_context import EvaluationContext
from openfeature.event import ProviderEvent

from app import flags
from app.flags import service
from app.flags.openfeature import QuarterdeckProvider
from tests.flags.acts import as_platform, make_flag
from tests.site import wait_for


@pytest.fixture
def client(app, domain):
    with app.app_context():
        provider = QuarterdeckProvider()
        api.set_provider_and_wait(provider, domain)
        yield api.get_client(domain)
        provider.shutdown()


def test_a_saved_flag_answers_the_client_and_is_told_to_it(pat, client):
    key = make_flag(pat)
    told = []
    client.add_handler(ProviderEvent.PROVIDER_CONFIGURATION_CHANGED, lambda event: told.append(event.flags_changed))
    assert client.get_boolean_details(key, True).value is False
    with as_platform(pat):
        service.set_percentage(key, 100_000)
        service.enable(key)
    assert client.get_boolean_details(key, False).value is True
    wait_for(lambda: [key] in told)


def test_the_client_is_given_what_the_process_gives(pat, client):
    key = make_flag(pat)
    with as_platform(pat):
        service.set_percentage(key, 50_000)
        service.enable(key)
    people = [f"person-{number}" for number in range(200)]
    ours = [flags.is_enabled(key, person) for person in people]
    assert {True, False} == set(ours)
    assert [client.get_boolean_value(key, False, EvaluationContext(person)) for person in people] == ours


def test_a_draw_without_anybody_to_draw_is_an_error(pat, client):
    key = make_flag(pat)
    with as_platform(pat):
        service.set_percentage(key, 50_000)
        service.enable(key)
    found = client.get_boolean_details(key, True)
    assert (found.value, found.error_code) == (True, "TARGETING_KEY_MISSING")


def test_a_flag_that_does_not_exist_gives_the_fallback(client):
    found = client.get_string_details("no-such-flag", "mine")
    assert (found.value, found.error_code) == ("mine", "FLAG_NOT_FOUND")
