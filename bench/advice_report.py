"""What sets of indexes came to, beside each other."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass
class Outcome:
    """What a set of indexes came to."""

    name: str
    indexes: int
    size: int
    blocks: int
    ms: float
    dearer: list[str]
    insert_ms: float
    wal: int


def report(outcomes: Sequence[Outcome]) -> None:
    """Print all sets beside each other."""
    print(
        f"\n{'set':22}{'indexes':>8}{'MB':>8}{'blocks, all calls':>20}{'s, all calls':>14}{'dearer':>8}{'5,000 inserts ms':>18}{'WAL MB':>8}"
    )
    for one in outcomes:
        print(
            f"{one.name:22}{one.indexes:8}{one.size / 1e6:8.0f}{one.blocks:20,}{one.ms / 1000:14.2f}{len(one.dearer):8}{one.insert_ms:18.0f}{one.wal / 1e6:8.1f}"
        )
