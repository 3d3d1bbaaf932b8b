"""Where in the outbox facts may still come up, so that the relay never walks over those it has taken.

A row that was taken stays in the index until no open transaction could see it any more: beside one transaction left
open, a scan from the lowest id walks over everything taken since, again and again. So the relay remembers the highest
id it has taken and the ids below it that it has never seen, its gaps: a transaction that has not committed yet owns
them, or one that was rolled back. Looking at more than is needed is always right, looking at less never is.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple, Self

MOST_GAPS = 500


class Gap(NamedTuple):
    """Ids nobody has seen, both ends included.

    Attributes:
        suspects: The transactions that may own them; None while nobody has asked, empty when all of them have ended.
    """

    low: int
    high: int
    suspects: frozenset[str] | None = None


class Lookout:
    """What one part of the outbox is searched for.

    Attributes:
        after: Every id above is looked at.
        gaps: What is looked at below, lowest first.
    """

    def __init__(self, after: int = 0, gaps: Iterable[Gap] = ()) -> None:
        self.after, self.gaps = after, list(gaps)

    def note(self, mine: Collection[int], taken: Sequence[int], *, was_cut: bool) -> None:
        """Learn from a batch.

        Args:
            mine: The ids that were found where this lookout points.
            taken: Those and all others of the batch, lowest first.
            was_cut: Whether the batch was full, so that what lies above its last id may not have been looked at.
        """
        newest = max(mine, default=0)
        if not was_cut:  # so each gap was looked at after the last of its suspects had ended
            self.gaps = [gap for gap in self.gaps if gap.suspects is None or gap.suspects]
        if newest > self.after:
            self.gaps.append(Gap(self.after + 1, newest))
            self.after = newest
        if taken:
            self.gaps = [rest for gap in self.gaps for rest in without(gap, taken)]
        if len(self.gaps) > MOST_GAPS:
            self.gaps = [Gap(self.gaps[0].low, self.gaps[-1].high)]

    def suspect(self, writers: frozenset[str]) -> None:
        """Learn which transactions have written into the outbox and not ended; gaps without a suspect are void.

        Whoever owns an id has held a lock on the outbox since before it had the id, and gives the lock back after its
        rows can be seen. So the owner of a gap is among those who write when the gap is known, or has ended.
        """
        self.gaps = [
            gap._replace(suspects=writers if gap.suspects is None else gap.suspects & writers) for gap in self.gaps
        ]

    def joined(self, other: Self) -> "Lookout":
        """Return a lookout that looks wherever one of the two does."""
        after = min(self.after, other.after)
        found: list[Gap] = []
        for gap in sorted(Gap(gap.low, min(gap.high, after)) for gap in (*self.gaps, *other.gaps) if gap.low <= after):
            if found and gap.low <= found[-1].high:
                found[-1] = Gap(found[-1].low, max(gap.high, found[-1].high))
            else:
                found.append(gap)
        return Lookout(after, found)


def without(gap: Gap, taken: Sequence[int]) -> list[Gap]:
    """Return what is left of a gap without some ids, which come lowest first."""
    first, last = bisect_left(taken, gap.low), bisect_right(taken, gap.high)
    if first == last:
        return [gap]
    lows = [gap.low, *(number + 1 for number in taken[first:last])]
    highs = [*(number - 1 for number in taken[first:last]), gap.high]
    return [Gap(low, high, gap.suspects) for low, high in zip(lows, highs, strict=True) if low <= high]
