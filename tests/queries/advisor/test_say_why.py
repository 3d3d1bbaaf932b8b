"""What is said of an index: only what is so."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.queries.advisor.advise import Effect, Proposal
from app.queries.advisor.backend import Added
from app.queries.advisor.choose import Option
from app.queries.advisor.gates import reasons_against
from app.queries.advisor.housekeeping import days_of
from app.queries.advisor.store import effect_row
from app.queries.advisor.types import Candidate, Index, Key, Query, Table
from app.queries.advisor.words import is_hardly_used, reason_of

KEYS = (Key("company_id"), Key("number"))
TABLE = Table("orders", 1e6, 1000, 1.0, {})
COVERING = Candidate("orders", KEYS, include=("customer_name",))


def index(name: str, *keys: str, **more: object) -> Index:
    given = {"include": (), "where": "", "method": "btree", "is_unique": False, "is_valid": True, "is_needed": ""}
    return Index(name=name, table="orders", definition="", keys=keys, scans=1, size_bytes=1, **{**given, **more})


def reason(candidate: Candidate, *there: Index, timeouts: int = 0) -> str:
    table = replace(TABLE, indexes=there)
    effect = Effect(Query("f", "SELECT", "select", 10, 1000.0, timeouts=timeouts), 100.0, 1.0)
    return reason_of(Proposal(table, Option(candidate, Added("new", 1), {}, 0.0), [effect], 0.0))


OTHER = index("ix_orders_state", "company_id", "state")


@pytest.mark.parametrize(
    ("there", "said"),
    [
        ((), "it has no index"),
        ((OTHER,), "its one index does not begin so"),
        ((OTHER, index("ix_b", "number")), "none of its 2 indexes begins so"),
        (
            (OTHER, index("pk_orders", "company_id", "number", is_unique=True, is_needed="primary key")),
            "pk_orders is of the same columns: with customer_name included as well, the rows themselves need not be visited",
        ),
        ((index("ix_long", "company_id", "number", "state"),), "ix_long begins with the same columns: with customer_name"),
        (
            (index("ix_open", "company_id", "number", where="(state = 'open')"),),
            "ix_open, which begins so, holds only rows where state = 'open'",
        ),
        ((index("ix_broken", "company_id", "number", is_valid=False),), "ix_broken, which begins so, is broken"),
    ],
)  # fmt: skip
def test_the_reason_says_what_is_there_instead(there: tuple[Index, ...], said: str):
    assert said in reason(COVERING, *there)


def test_a_statement_inside_a_function_is_its_callers_and_names_the_function():
    inner = Effect(Query("abc search_orders 0", "SELECT", "select", 10, 1000.0), 100.0, 1.0)
    assert [effect_row(inner)[name] for name in ("fingerprint", "inside")] == ["abc", "search_orders"]
    assert effect_row(Effect(Query("abc", "SELECT", "select", 10, 1000.0), 100.0, 1.0))["inside"] == ""


@pytest.mark.parametrize(
    ("took_ms", "days", "timeouts", "hardly"),
    [(96.7, 1 / 24, 0, True), (1200.0, 1 / 24, 0, False), (1200.0, 7, 0, True), (9000.0, 7, 0, False), (9.0, 7, 1, False)],
)  # fmt: skip
def test_less_than_a_second_a_day_is_worth_no_index(took_ms: float, days: float, timeouts: int, hardly: bool):
    effect = Effect(Query("f", "SELECT", "select", 10, took_ms, timeouts=timeouts), 100.0, 1.0)
    assert is_hardly_used([effect], days * 86_400) is hardly


@pytest.mark.parametrize(("span_s", "said"), [(59.0, "0 minutes"), (61.0, "1 minute only"), (3599.0, "59 minutes")])
def test_less_than_an_hour_is_not_enough(span_s: float, said: str):
    [reason] = reasons_against(replace(TABLE, analyzed_at=datetime.now(UTC)), span_s)
    assert said in reason
    assert reasons_against(replace(TABLE, analyzed_at=datetime.now(UTC)), 3600.0) == []


@pytest.mark.parametrize(
    ("hours", "said"), [(0.5, "0 hours"), (1.5, "1 hour"), (5, "5 hours"), (40, "40 hours"), (50, "2 days")]
)
def test_spans_are_counted_in_words(hours: float, said: str):
    assert days_of(timedelta(hours=hours)) == said


def test_one_stopped_call_is_one():
    assert "1 call was stopped" in reason(COVERING, timeouts=1)
