"""What each part of a plan costs the whole statement, out of what PostgreSQL says of one complete run of it."""

from app.queries.plans.nodes import Node

KEPT = frozenset({"Materialize", "Hash"})  # worked out once, however often they are read


def spread(node: Node, cost: float) -> list[float]:
    """Return what each part below a node costs.

    What is run for each row of another part costs as often; what is stopped early, as under LIMIT, costs less than it
    says. Together they never cost more than what they stand below.

    Args:
        cost: Of the node and all below it.
    """
    whole = float(node["Total Cost"])
    scale = cost / whole if whole else 0.0
    wanted = [(float(one["Total Cost"]) * scale, times_of(node, one)) for one in node.get("Plans", [])]
    once = sum(price for price, times in wanted if times == 1)
    again = sum(price * times for price, times in wanted if times != 1)
    fit_once = min(1.0, cost / once) if once else 1.0
    fit_again = min(1.0, max(cost - once, 0.0) / again) if again else 1.0
    return [price * fit_once if times == 1 else price * times * fit_again for price, times in wanted]


def times_of(node: Node, part: Node) -> float:
    """Return how often the planner expects a part to be run for one run of what it stands below."""
    relation = part.get("Parent Relationship")
    if relation == "Inner" and node["Node Type"] == "Nested Loop" and part["Node Type"] not in KEPT:
        outer = next((one for one in node["Plans"] if one.get("Parent Relationship") == "Outer"), None)
        return max(float(outer["Plan Rows"]), 1.0) if outer else 1.0
    if relation == "SubPlan" and f"hashed {part.get('Subplan Name')}" not in str(node):
        return max(float(node["Plan Rows"]), 1.0)
    return 1.0
