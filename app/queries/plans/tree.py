"""A plan as a table: one row a node, outermost first, with what it took itself and which one is to blame."""

from dataclasses import dataclass, field
from typing import Any

from app.queries.plans.costs import spread
from app.queries.plans.nodes import Node, name_of, notes_of, sentence_of, target_of

WORST_SHARE = 30.0  # below that nobody is to blame
LEAST_MS, LEAST_COST = 1.0, 1000.0  # of the whole; nothing of less is worth a warning


@dataclass
class PlanNode:
    """One node.

    Attributes:
        kind: PostgreSQL's own name of it.
        own_ms: Without what it stands on; None when it was not run, or without a clock.
        own_cost: The planner's guess, in its own unit: one page read in order is 1.
        share: Of the whole statement, 0 to 100: of time when it was run, else of cost.
        rows: It passed on, over all its runs; None when it was not run.
        expected: What the planner expected for the same.
        blocks: Of 8 KiB, from the disk and from memory, by itself; None when it was not run.
        sentence: What it does.
    """

    depth: int
    kind: str
    name: str
    target: str
    notes: list[str]
    sentence: str
    expected: float
    own_cost: float
    rows: float | None = None
    own_ms: float | None = None
    blocks: int | None = None
    blocks_read: int | None = None
    share: float = 0.0
    is_worst: bool = False

    @property
    def title(self) -> str:
        """What it is inside a sentence: its name with what it works on, where there is such a thing."""
        return f"{self.name.lower()} {self.target}".strip()

    @property
    def is_leaf_icon(self) -> bool:
        """Whether nothing stands below it."""
        return self.kind.endswith("Scan")


@dataclass
class PlanTree:
    """A whole plan.

    Attributes:
        is_run: Whether it was really run: then times and rows are measured.
        cost: The planner's guess of the whole.
    """

    nodes: list[PlanNode]
    cost: float
    is_run: bool
    is_timed: bool
    planning_ms: float | None = None
    execution_ms: float | None = None
    rows: float | None = None
    blocks: int | None = None
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def worst(self) -> PlanNode | None:
        """The node that takes most, when it takes much."""
        return next((node for node in self.nodes if node.is_worst), None)


def read_tree(plan: dict[str, Any]) -> PlanTree:  # Any: PostgreSQL's own JSON
    """Return a plan's rows.

    Args:
        plan: As EXPLAIN (FORMAT JSON) has it: `{"Plan": …}`.
    """
    root: Node = plan["Plan"]
    nodes: list[PlanNode] = []
    walk(root, 0, 1.0, float(root["Total Cost"]), nodes)
    is_run = "Actual Rows" in root
    is_timed = "Actual Total Time" in root
    share_out(nodes, is_timed=is_timed)
    return PlanTree(
        nodes, cost=float(root["Total Cost"]), is_run=is_run, is_timed=is_timed, planning_ms=plan.get("Planning Time"),
        execution_ms=plan.get("Execution Time"), rows=nodes[0].rows, blocks=blocks_of(root) if is_run else None,
        settings=dict(plan.get("Settings", {})),
    )  # fmt: skip


def walk(node: Node, depth: int, processes: float, cost: float, found: list[PlanNode]) -> None:
    """Add a node and all below it.

    Args:
        cost: Of both, as much as the whole statement spends on them; see `spread`.
    """
    below: list[Node] = node.get("Plans", [])
    costs = spread(node, cost)
    if node["Node Type"] in ("Gather", "Gather Merge"):
        inner = processes * (node.get("Workers Launched", 0) + 1)
    else:
        inner = processes
    made = PlanNode(
        depth=depth, kind=str(node["Node Type"]), name=name_of(node), target=target_of(node),
        notes=notes_of(node), sentence=sentence_of(node), expected=float(node["Plan Rows"]) * loops_of(node),
        own_cost=max(cost - sum(costs), 0.0),
    )  # fmt: skip
    if "Actual Rows" in node:
        made.rows = float(node["Actual Rows"]) * loops_of(node)
        made.blocks = max(blocks_of(node) - sum(blocks_of(one) for one in below), 0)
        made.blocks_read = max(read_of(node) - sum(read_of(one) for one in below), 0)
    if "Actual Total Time" in node:
        made.own_ms = max(elapsed(node, processes) - sum(elapsed(one, inner) for one in below), 0.0)
    found.append(made)
    for one, part in zip(below, costs, strict=True):
        walk(one, depth + 1, inner, part, found)


def share_out(nodes: list[PlanNode], *, is_timed: bool) -> None:
    """Say what share each node has, and which is to blame."""
    own = [(node.own_ms or 0.0) if is_timed else node.own_cost for node in nodes]
    whole = sum(own) or 1.0
    for node, mine in zip(nodes, own, strict=True):
        node.share = round(100 * mine / whole, 1)
    worst = max(nodes, key=lambda node: node.share)
    is_much = whole >= (LEAST_MS if is_timed else LEAST_COST)
    worst.is_worst = is_much and len(nodes) > 1 and worst.share >= WORST_SHARE


def loops_of(node: Node) -> float:
    """Return how often a node was run; figures are of one run."""
    return float(node.get("Actual Loops", 1))


def elapsed(node: Node, processes: float) -> float:
    """Return the milliseconds a node and all below it took by the clock on the wall."""
    return float(node.get("Actual Total Time", 0.0)) * loops_of(node) / max(processes, 1.0)


def blocks_of(node: Node) -> int:
    """Return the blocks a node and all below it touched."""
    return int(node.get("Shared Hit Blocks", 0)) + read_of(node)


def read_of(node: Node) -> int:
    """Return the blocks a node and all below it did not find in memory."""
    return int(node.get("Shared Read Blocks", 0)) + int(node.get("Temp Read Blocks", 0))
