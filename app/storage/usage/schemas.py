"""Usage as JSON."""

from app.core.shapes import Answer, Instant


class SumOut(Answer):
    """So many files, and their bytes."""

    files: int
    size: int


class QuotaOut(Answer):
    """A limit, with what is used of it: live, trashed and reserved. `category` "" is all categories together."""

    category: str
    soft_bytes: int | None
    hard_bytes: int | None
    file_bytes: int | None
    used_bytes: int
    version: int


class UsageStatsOut(Answer):
    """What is stored, exact at `asOf`.

    `totalFiles`, `totalSize` and `categories` are files in use. Trashed files and reserved uploads count for quotas,
    too: `used` is all of it together. Without a company, a platform admin gets all companies together.
    """

    total_files: int
    total_size: int
    categories: dict[str, SumOut]
    providers: dict[str, SumOut]
    trashed: SumOut
    pending: SumOut
    used: SumOut
    quotas: list[QuotaOut]
    as_of: Instant
