"""An OpenFeature client of the product's flags, on a domain of its own for each test."""

import uuid

import pytest
from openfeature import api
from openfeature.evaluation_context import EvaluationContext, clear_evaluation_context
from openfeature.transaction_context import (
    ContextVarsTransactionContextPropagator,
    set_transaction_context,
    set_transaction_context_propagator,
)

from app.flags.openfeature import QuarterdeckProvider
from tests.flags.flagd.documents import Held, table_of
from tests.flags.openfeature.published import DOCUMENT


@pytest.fixture
def source():
    return Held(table_of(DOCUMENT))


@pytest.fixture
def provider(source):
    return QuarterdeckProvider(source)


@pytest.fixture
def domain():
    return uuid.uuid4().hex


@pytest.fixture
def client(provider, domain):
    api.set_provider_and_wait(provider, domain)
    return api.get_client(domain)


@pytest.fixture(autouse=True)
def clean_context():
    """Contexts of the whole interpreter and of the transaction are this test's."""
    set_transaction_context_propagator(ContextVarsTransactionContextPropagator())
    yield
    clear_evaluation_context()
    set_transaction_context(EvaluationContext())
    api.clear_hooks()
