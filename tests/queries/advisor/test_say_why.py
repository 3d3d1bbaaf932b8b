"""What is said of an index: only what is so."""

import pytest

from app.queries.advisor.advise import Effect, Proposal
from app.queries.advisor.backend import Added
from app.queries.advisor.choose import Option
from app.queries.advisor.types import Candidate, Index, Key, Query, Table
from app.queries.advisor.words import reason_of

KEYS = (Key("company_id"), Key("number"))
COVERING = Candidate("orders", KEYS, include=("customer_name",))


def index(name: str, *keys: str, **more: object) -> Index:
    given = {"include": (), "where": "", "method": "btree", "is_unique": False, "is_valid": True, "is_needed": ""}
    return Index(name=name, table="orders", definition="", keys=keys, scans=1, size_bytes=1, **{**given, **more})


def reason(candidate: Candidate, *there: Index, timeouts: int = 0) -> str:
    table = Table("orders", 1e6, 1000, 1.0, {}, indexes=there)
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


def test_one_stopped_call_is_one():
    assert "1 call was stopped" in reason(COVERING, timeouts=1)
