"""Indexes: what was advised, what people said of it, what it did."""

from app.audit.sentences.words import Data, count, quote, says


@says("advice.dismissed")
def advice_dismissed(data: Data) -> str:
    """It is not wanted."""
    return f"does not want the index {data['index']}: {quote(data['reason'])}"


@says("advice.reopened")
def advice_reopened(data: Data) -> str:
    """It is proposed again."""
    return f"had the index {data['index']} proposed again"


@says("advice.judged")
def advice_judged(data: Data) -> str:
    """It was built, or what it did is known."""
    return f"compared what the index {data['index']} did: {quote(data['sentence'])}"


@says("advice.looked")
def advice_looked(data: Data) -> str:
    """The workload was looked at."""
    found = f"{data['create']} to make, {data['drop']} to drop"
    return f"looked for indexes among {count(data['statements'], 'statement')}: {found}"
