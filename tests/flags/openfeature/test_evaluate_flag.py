"""A stock OpenFeature client evaluates the product's flags.

Restates the evaluation and metadata scenarios of the OpenFeature specification's Appendix B (evaluation,
evaluation_v2, metadata; specification 0.9.0 of August 2026). Its one optional scenario that is missing is
CACHED: an answer from memory needs no cache.
"""

import threading

import pytest
from openfeature import api
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ProviderFatalError
from openfeature.provider import ProviderStatus

from app.flags.openfeature import QuarterdeckProvider
from tests.flags.openfeature.published import BOSS, FALLBACKS, METADATA, PAGE, VALUES, ZEROS
from tests.loop import run_alone
from tests.site import wait_for

KINDS = list(VALUES)


def details(client, kind, key, fallback, target=None, **attributes):
    ask = getattr(client, f"get_{kind}_details")
    return ask(key, fallback, EvaluationContext(target, attributes))


@pytest.mark.parametrize("kind", KINDS)
def test_each_type_is_resolved_with_its_details(client, kind):
    variant, value = next(iter(VALUES[kind].items()))
    found = details(client, kind, f"{kind}-flag", FALLBACKS[kind])
    assert (found.flag_key, found.value, found.variant, found.reason) == (f"{kind}-flag", value, variant, "STATIC")
    assert getattr(client, f"get_{kind}_value")(f"{kind}-flag", FALLBACKS[kind]) == value
    assert found.error_code is None


@pytest.mark.parametrize("kind", KINDS)
def test_each_type_is_resolved_asynchronously(client, kind):
    async def ask():
        return await getattr(client, f"get_{kind}_details_async")(f"{kind}-flag", FALLBACKS[kind])

    assert run_alone(ask()).value == next(iter(VALUES[kind].values()))


@pytest.mark.parametrize("kind", KINDS)
def test_zero_is_resolved_like_any_value(client, kind):
    zero, other = ZEROS[kind].values()
    fallback = {"a": 1} if kind == "object" else other
    found = details(client, kind, f"{kind}-zero-flag", fallback)
    assert (found.value, found.reason) == (zero, "STATIC")
    for email, reason in ((BOSS, "TARGETING_MATCH"), ("ballmer@none.com", "DEFAULT"), (None, "DEFAULT")):
        found = details(client, kind, f"{kind}-targeted-zero-flag", fallback, email=email)
        assert (found.value, found.reason) == (zero, reason)
    found = details(client, kind, f"{kind}-targeted-zero-flag", fallback)
    assert (found.value, found.reason) == (zero, "DEFAULT")


def test_the_context_decides(client):
    known = {"fn": "Sulisław", "ln": "Świętopełk", "age": 29, "customer": False}
    assert details(client, "string", "context-aware", "EXTERNAL", **known).value == "INTERNAL"
    assert details(client, "string", "context-aware", "EXTERNAL").value == "EXTERNAL"
    found = details(client, "string", "complex-targeted", "default", email=BOSS, role="admin", age=65, customer=False)
    assert (found.value, found.reason) == ("INTERNAL", "TARGETING_MATCH")


@pytest.mark.parametrize("kind", KINDS)
def test_a_flag_that_is_not_there_gives_the_fallback(client, kind):
    found = details(client, kind, "non-existent-flag", FALLBACKS[kind])
    assert (found.value, found.reason, found.error_code) == (FALLBACKS[kind], "ERROR", "FLAG_NOT_FOUND")
    assert found.variant is None


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("boolean", "string-flag"),
        ("string", "boolean-flag"),
        ("integer", "boolean-flag"),
        ("integer", "wrong-flag"),
        ("integer", "float-flag"),
        ("float", "boolean-flag"),
        ("object", "boolean-flag"),
    ],
)
def test_a_value_of_another_type_gives_the_fallback(client, kind, key):
    found = details(client, kind, key, FALLBACKS[kind])
    assert (found.value, found.reason, found.error_code) == (FALLBACKS[kind], "ERROR", "TYPE_MISMATCH")


def test_a_whole_number_answers_as_integer_and_as_float(client):
    assert details(client, "float", "integer-flag", 0.1).value == 10.0
    assert isinstance(details(client, "float", "integer-flag", 0.1).value, float)
    found = details(client, "integer", "float-zero-flag", 7)
    assert (found.value, type(found.value)) == (0, int)


@pytest.mark.parametrize("kind", KINDS)
def test_a_disabled_flag_gives_the_fallback(client, kind):
    found = details(client, kind, f"{kind}-disabled-flag", FALLBACKS[kind])
    assert (found.value, found.reason, found.error_code) == (FALLBACKS[kind], "DISABLED", None)


def test_metadata_comes_with_the_answer_and_cannot_be_changed(client):
    found = details(client, "boolean", "metadata-flag", True).flag_metadata
    assert found == METADATA
    with pytest.raises(TypeError):
        found["owner"] = "me"
    for kind in ("boolean", "integer", "float", "string"):
        assert details(client, kind, f"{kind}-flag", FALLBACKS[kind]).flag_metadata == {}


def test_an_evaluation_leaves_the_context_and_the_flag_as_they_are(client):
    context = EvaluationContext("ada", {"list": [1, {"a": "b"}]})
    found = client.get_object_details("object-flag", {}, context)
    found.value["title"] = "changed"
    assert context == EvaluationContext("ada", {"list": [1, {"a": "b"}]})
    assert client.get_object_value("object-flag", {}) == PAGE


class Waiting(QuarterdeckProvider):
    """Starts when it is told to."""

    def __init__(self, source):
        super().__init__(source)
        self.may_start = threading.Event()

    def initialize(self, evaluation_context):
        self.may_start.wait(10)
        super().initialize(evaluation_context)


class Broken(QuarterdeckProvider):
    """Cannot ever start."""

    def initialize(self, evaluation_context):
        raise ProviderFatalError("no more")


@pytest.mark.parametrize("kind", KINDS)
def test_a_provider_that_has_not_started_gives_the_fallback(source, domain, kind):
    provider = Waiting(source)
    api.set_provider(provider, domain)
    client = api.get_client(domain)
    assert client.get_provider_status() is ProviderStatus.NOT_READY
    found = details(client, kind, f"{kind}-flag", FALLBACKS[kind])
    assert (found.value, found.reason, found.error_code) == (FALLBACKS[kind], "ERROR", "PROVIDER_NOT_READY")
    provider.may_start.set()
    wait_for(lambda: client.get_provider_status() is ProviderStatus.READY)


@pytest.mark.parametrize("kind", KINDS)
def test_a_provider_that_cannot_start_gives_the_fallback(source, domain, kind):
    with pytest.raises(ProviderFatalError):
        api.set_provider_and_wait(Broken(source), domain)
    client = api.get_client(domain)
    assert client.get_provider_status() is ProviderStatus.FATAL
    found = details(client, kind, f"{kind}-flag", FALLBACKS[kind])
    assert (found.value, found.reason, found.error_code) == (FALLBACKS[kind], "ERROR", "PROVIDER_FATAL")


def test_targeting_that_names_no_text_to_draw_by_is_no_accident(client):
    found = details(client, "boolean", "boolean-flag", False, targetingKey=12345)
    assert found.value is True
