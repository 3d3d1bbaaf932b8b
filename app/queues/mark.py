"""The mark beside Queues in the rail: what is behind, else what is held. Looked up once in a while, not for every page."""

import time
from dataclasses import dataclass

from flask import current_app

from app.core.installation import installation
from app.core.jobs import holds
from app.core.shell import Mark
from app.queues.figures.samples import newest_samples

SEEN_FOR_S = 5.0
EXTENSION = "quarterdeck-queues-mark"


@dataclass
class Seen:
    """How many queues were behind when somebody looked, by this process's clock."""

    behind: int = 0
    looked_at: float = float("-inf")


def rail_mark() -> Mark | None:
    """Return how many queues are behind their target, else how many are held; None when all flow."""
    behind = _behind()
    if behind:
        return Mark("bad", str(behind), "behind its target" if behind == 1 else "behind their targets")
    held = len(holds.held_queues())
    return Mark("held", str(held), "held") if held else None


def _behind() -> int:
    seen: Seen = current_app.extensions.setdefault(EXTENSION, Seen())
    if time.monotonic() - seen.looked_at >= SEEN_FOR_S:
        seen.looked_at = time.monotonic()
        with installation():
            seen.behind = sum(one.behind_since is not None for one in newest_samples())
    return seen.behind
