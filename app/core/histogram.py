"""A histogram of durations whose buckets grow by 2 %: small, exact to 1 %, and two of them add up.

The idea is DDSketch's (Masson, Rim, Lee: "DDSketch", VLDB 2019): value x falls into bucket ceil(log(x) / log(γ)),
and the middle of a bucket is never more than 1 % from anything in it. A month in milliseconds needs 1,100 buckets;
only those that hold something are kept, as JSON `{"173": 12}`. Jobs count milliseconds, statements microseconds:
the unit is the caller's.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

ACCURACY = 0.01
GAMMA = (1 + ACCURACY) / (1 - ACCURACY)
LOG_GAMMA = math.log(GAMMA)
LESS_THAN_ONE = -1  # the bucket of 0 ms

Buckets = dict[str, int]

# The same in SQL, so that the relay folds a minute without reading its jobs.
BUCKET_SQL = f"CASE WHEN {{ms}} < 1 THEN {LESS_THAN_ONE} ELSE ceil(ln({{ms}}::float8) / {LOG_GAMMA!r}) END::int"


def bucket_of(ms: float) -> int:
    """Return the bucket a duration falls into."""
    return LESS_THAN_ONE if ms < 1 else math.ceil(math.log(ms) / LOG_GAMMA)


def middle_of(bucket: int) -> float:
    """Return the duration that is nearest to all in a bucket, in milliseconds."""
    return 0.0 if bucket == LESS_THAN_ONE else float(2 * GAMMA**bucket / (GAMMA + 1))


@dataclass(frozen=True)
class Percentiles:
    """What half, 95 and 99 of 100 do not exceed, in milliseconds; None of nothing."""

    p50: float | None
    p95: float | None
    p99: float | None


@dataclass
class Histogram:
    """How many durations fell into which bucket."""

    counts: Counter[int] = field(default_factory=Counter)

    @classmethod
    def of(cls, values: Iterable[float]) -> "Histogram":
        """Count durations in milliseconds."""
        return cls(Counter(bucket_of(ms) for ms in values))

    @classmethod
    def read(cls, stored: Mapping[str, int]) -> "Histogram":
        """Read what a row holds."""
        return cls(Counter({int(bucket): int(count) for bucket, count in stored.items()}))

    def stored(self) -> Buckets:
        """Return it as a row holds it."""
        return {str(bucket): count for bucket, count in sorted(self.counts.items())}

    def __add__(self, other: "Histogram") -> "Histogram":
        return Histogram(self.counts + other.counts)

    @property
    def total(self) -> int:
        """How many durations."""
        return self.counts.total()

    def quantile(self, share: float) -> float | None:
        """Return the duration that `share` of all do not exceed, to 1 %; None for an empty histogram.

        Args:
            share: 0.95 for the 95th percentile. As PostgreSQL's percentile_disc: always one that occurred.
        """
        rank, seen = max(math.ceil(share * self.total), 1), 0
        for bucket, count in sorted(self.counts.items()):
            seen += count
            if seen >= rank:
                return middle_of(bucket)
        return None

    def percentiles(self) -> Percentiles:
        """Return the usual three."""
        return Percentiles(self.quantile(0.5), self.quantile(0.95), self.quantile(0.99))

    def at_most(self, ms: float) -> int:
        """Return how many did not exceed a duration; those in its own bucket count in."""
        limit = bucket_of(ms)
        return sum(count for bucket, count in self.counts.items() if bucket <= limit)
