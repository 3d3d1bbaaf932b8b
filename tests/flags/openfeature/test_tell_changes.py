"""The provider tells its clients what happens to the flags: ready, stale, changed; and it takes tracked events."""

import pytest
from openfeature import api
from openfeature.evaluation_context import EvaluationContext
from openfeature.event import ProviderEvent
from openfeature.exception import ProviderNotReadyError
from openfeature.provider import ProviderStatus
from openfeature.track import TrackingEventDetails

from tests.site import wait_for


@pytest.fixture
def events(client):
    """What the client was told, in order; READY is told to whoever starts to listen."""
    told = []
    for event in ProviderEvent:
        client.add_handler(event, lambda details, event=event: told.append((event.name, details.flags_changed)))
    wait_for(lambda: told)
    told.clear()
    return told


def test_a_changed_flag_is_told_by_its_key(events, source):
    source.change("search", "bulk-operations")
    wait_for(lambda: events)
    assert events == [("PROVIDER_CONFIGURATION_CHANGED", ["bulk-operations", "search"])]


def test_stale_is_told_once_and_so_is_its_end(client, events, source):
    source.stale = True
    for _ in range(3):
        found = client.get_boolean_details("boolean-flag", False)
        assert (found.value, found.reason) == (True, "STALE")
    wait_for(lambda: events)
    assert [name for name, _ in events] == ["PROVIDER_STALE"]
    assert client.get_provider_status() is ProviderStatus.STALE
    source.stale = False
    assert client.get_boolean_details("boolean-flag", False).reason == "STATIC"
    client.get_boolean_details("boolean-flag", False)
    wait_for(lambda: len(events) > 1)
    assert [name for name, _ in events] == ["PROVIDER_STALE", "PROVIDER_READY"]
    assert client.get_provider_status() is ProviderStatus.READY


def test_a_change_ends_staleness_without_a_question(client, events, source):
    source.stale = True
    source.change()
    wait_for(lambda: len(events) > 1)
    assert client.get_provider_status() is ProviderStatus.STALE
    source.stale = False
    source.change("search")
    assert client.get_provider_status() is ProviderStatus.READY


def test_a_process_without_flags_is_an_error_until_it_has_some(provider, source, domain):
    source.origin = "nothing"
    with pytest.raises(ProviderNotReadyError):
        api.set_provider_and_wait(provider, domain)
    client = api.get_client(domain)
    assert client.get_provider_status() is ProviderStatus.ERROR
    source.origin = "database"
    source.change("boolean-flag")
    assert client.get_provider_status() is ProviderStatus.READY


def test_a_provider_that_was_shut_down_listens_no_more(client, provider, source):
    assert len(source.callbacks) == 1
    provider.shutdown()
    provider.shutdown()
    assert source.callbacks == []


def test_a_tracked_event_reaches_the_flags(client, source):
    client.track("order-placed", EvaluationContext("ada", {"company": "acme"}), TrackingEventDetails(12.5))
    client.track("opened")
    assert source.tracked == [
        ("order-placed", {"company": "acme", "targetingKey": "ada"}, 12.5),
        ("opened", {}, None),
    ]


def test_the_provider_has_a_name_and_no_hooks_of_its_own(client, provider):
    assert provider.get_metadata().name == "quarterdeck"
    assert provider.get_provider_hooks() == []
