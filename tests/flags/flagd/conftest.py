"""Stock flagd beside ours."""

import json
import logging

import pytest
from openfeature.contrib.provider.flagd import FlagdProvider
from openfeature.contrib.provider.flagd.config import ResolverType
from openfeature.evaluation_context import EvaluationContext


@pytest.fixture
def stock(tmp_path, caplog):
    """Stock flagd's FILE provider on a document. It logs each version that is none, with a traceback."""
    caplog.set_level(logging.CRITICAL, logger="openfeature.contrib")
    started = []

    def start(document):
        path = tmp_path / "flags.json"
        path.write_text(json.dumps(document))
        provider = FlagdProvider(resolver_type=ResolverType.FILE, offline_flag_source_path=str(path))
        provider.initialize(EvaluationContext())
        started.append(provider)
        return provider

    yield start
    for provider in started:
        provider.shutdown()
