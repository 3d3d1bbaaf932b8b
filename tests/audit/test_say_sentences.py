"""Every fact of the house can be said in words, and old or strange ones still read well."""

import dataclasses
import importlib
import pkgutil
import re
from typing import Any

import pytest
from flask import Flask

import app as house
from app.audit.sentences import PREDICATES, say
from app.core.outbox import FACTS


def test_every_fact_has_its_words(app: Flask) -> None:
    for module in pkgutil.walk_packages(house.__path__, "app."):
        if module.name.endswith(".events"):
            importlib.import_module(module.name)
    ours = {type_ for type_, fact in FACTS.items() if fact.__module__.startswith("app.")}
    assert ours - set(PREDICATES) == set(), "say them in app/audit/sentences"


def test_words_are_made_of_fields_that_facts_have(app: Flask) -> None:
    """A sentence that asks for a field nobody records would always fall back."""
    for type_, fact in FACTS.items():
        if not fact.__module__.startswith("app."):
            continue
        made: Any = {field.name: example(str(field.type)) for field in dataclasses.fields(fact)}  # type: ignore[arg-type]
        assert "recorded “" not in say(type_, fact(**made).data()), type_


def example(kind: str) -> Any:
    """Return a value of a field's type, as facts are annotated."""
    named = re.sub(r"\[.*|^<(class|enum) '|'>$", "", kind.split("|", maxsplit=1)[0].strip())
    first = named.rpartition(".")[2]
    known = {"int": 3, "bool": True, "float": 1.0, "dict": {}, "list": [], "Role": "staff", "JobState": "queued"}
    return known.get(first, "word")


CASES: list[tuple[str, dict[str, Any], str]] = [
    ("flag.changed", {"key": "vision-analysis", "environment": "production", "act": "disable", "changes": {"enabled": [True, False]}}, "switched vision-analysis off in production"),
    ("flag.changed", {"key": "x", "environment": "staging", "act": "percentage", "changes": {"percentage": [10_000, 12_500]}}, "moved x from 10 % to 12.5 % in staging"),
    ("flag.changed", {"key": "x", "environment": "production", "act": "allow", "changes": {}, "lists": {"allow": {"added": ["harbour"], "removed": []}}}, "put harbour on the allow list of x in production"),
    ("flag.changed", {"key": "x", "environment": "production", "act": "replace", "changes": {}, "lists": {"block": {"added": ["a"], "addedCount": 2000, "removed": ["b"], "removedCount": 1}}}, "put 2,000 targets on and took b off the block list of x in production"),
    ("flag.changed", {"key": "x", "environment": None, "act": "edit", "changes": {"description": ["", "Y"], "owner": ["", "Z"]}}, "changed x: description and owner"),
    ("inventory.updated", {"sku": "A", "delta": -2, "onHand": 5, "orderNumber": 7, "available": 3}, "took 2 units from A, order 7: 5 on hand"),
    ("breaker.forced", {"name": "storage", "from": "CLOSED", "to": "FORCED_OPEN"}, "forced breaker storage open"),
    ("order.created", {}, "recorded “order created”"),
    ("made.up-thing", {}, "recorded “made up thing”"),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "data", "expected"), CASES)
def test_it_reads_as_people_speak(type_: str, data: dict[str, Any], expected: str) -> None:
    assert say(type_, data) == expected
