"""A plan without a value in it: conditions keep their columns and operators, and lose their constants."""

from typing import Any

from app.queries.server.texts import mask

# What these hold is a name or a word of PostgreSQL's; all other text may hold a constant.
NAMES = frozenset({
    "Node Type", "Strategy", "Partial Mode", "Parent Relationship", "Join Type", "Relation Name", "Schema", "Alias",
    "Index Name", "Scan Direction", "Operation", "Subplan Name", "CTE Name", "Function Name", "Command", "Sort Method",
    "Sort Space Type", "Conflict Resolution", "Conflict Arbiter Indexes", "Custom Plan Provider", "Cache Mode",
    "Trigger Name", "Relation", "Tuplestore Name",
})  # fmt: skip


def redact(plan: Any) -> Any:  # Any: PostgreSQL's own JSON, on both sides
    """Return a plan with every constant in it replaced by `?`."""
    if isinstance(plan, dict):
        return {key: _value(key, value) for key, value in plan.items()}
    if isinstance(plan, list):
        return [redact(one) for one in plan]
    return mask(plan) if isinstance(plan, str) else plan


def _value(key: str, value: Any) -> Any:  # Any: as above
    if key == "Query Identifier":
        return str(value)  # JavaScript cannot hold it as a number
    if key == "Settings":
        return value  # names and values of the server's own settings
    return value if key in NAMES else redact(value)
