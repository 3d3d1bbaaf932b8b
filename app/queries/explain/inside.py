"""What is to be known of a run: it is held inside one company, whoever sends the statement in real life."""

from app.queries.plans.capture import describe_statements
from app.queries.plans.link import urls_by_role

ONE = "inside one company"
ACROSS = (
    f"{ONE}, though in real life it is sent across companies: there it reads more rows, and may be planned otherwise"
)


def inside_words(fingerprint: str) -> str:
    """Say where a run of a statement is held."""
    roles = list(urls_by_role())
    asked = describe_statements([fingerprint])
    return ACROSS if asked and asked[0].role in roles[1:] else ONE
