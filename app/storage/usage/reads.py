"""What is stored now, exact and in constant time: counters plus what waits to be folded, in one statement."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from app.core.db import db
from app.core.installation import installation_id
from app.core.tenancy import current_company_id
from app.storage.states import Category, Class

COUNTS = """
SELECT category, provider, class, sum(bytes) AS bytes, sum(files)::bigint AS files FROM (
  SELECT category, provider, class, bytes, files FROM {counters} WHERE company_id = :owner
  UNION ALL
  SELECT category, provider, class, bytes, files FROM storage_deltas {deltas}
) AS parts GROUP BY 1, 2, 3 HAVING sum(files) <> 0 OR sum(bytes) <> 0 ORDER BY 1, 2, 3
"""
OF_COMPANY = sa.text(COUNTS.format(counters="storage_counts", deltas="WHERE company_id = :owner"))
OF_ALL = sa.text(COUNTS.format(counters="storage_all_counts", deltas=""))
OF_SOME = sa.text(
    """
    SELECT company_id, category, sum(bytes) AS bytes,
      coalesce(sum(files) FILTER (WHERE class = 'live'), 0)::bigint AS files
    FROM (
      SELECT company_id, category, class, bytes, files FROM storage_counts WHERE company_id = ANY (:companies)
      UNION ALL
      SELECT company_id, category, class, bytes, files FROM storage_deltas WHERE company_id = ANY (:companies)
    ) AS parts GROUP BY 1, 2 HAVING sum(bytes) <> 0 OR sum(files) <> 0
    """
).bindparams(sa.bindparam("companies", type_=sa.ARRAY(sa.BigInteger)))


@dataclass(frozen=True)
class Sum:
    """So many files, and their bytes."""

    files: int = 0
    bytes: int = 0

    def __add__(self, other: "Sum") -> "Sum":
        return Sum(self.files + other.files, self.bytes + other.bytes)


@dataclass(frozen=True)
class Slice:
    """What is counted apart."""

    category: str
    provider: str
    kind: Class
    sum: Sum


class Usage:
    """What somebody has, by whatever is asked for. Live files are what people see; trashed and reserved ones count, too."""

    def __init__(self, slices: Iterable[Slice]) -> None:
        self.slices = tuple(slices)

    def of(self, *, kind: Class | None = None, category: str | None = None, provider: str | None = None) -> Sum:
        """Add up what is of a kind, a category, a provider."""
        chosen = (
            one.sum
            for one in self.slices
            if (kind is None or one.kind is kind)
            and (category is None or one.category == category)
            and (provider is None or one.provider == provider)
        )
        return sum(chosen, Sum())

    @property
    def used(self) -> Sum:
        """All that a quota counts."""
        return self.of()

    @property
    def providers(self) -> list[str]:
        """Where something is, most bytes first."""
        names = {one.provider for one in self.slices}
        return sorted(names, key=lambda name: (-self.of(provider=name).bytes, name))

    def by_category(self, kind: Class | None = None) -> dict[str, Sum]:
        """Return every category, those with nothing too."""
        return {one.value: self.of(kind=kind, category=one.value) for one in Category}


def usage_of_company() -> Usage:
    """Return what the current company has."""
    return _usage(OF_COMPANY, int(current_company_id()))


def usage_of_all() -> Usage:
    """Return what all companies have together; inside `platform_reads()`."""
    return _usage(OF_ALL, int(installation_id()))


def parts_of(companies: Sequence[int]) -> dict[int, dict[str, Sum]]:
    """Return what some companies have in each category; inside `platform_reads()`.

    The bytes are all that a quota counts; the files are those in use, as `totalFiles` of the stats.
    """
    found: dict[int, dict[str, Sum]] = {company: {} for company in companies}
    for row in db.session.execute(OF_SOME, {"companies": list(companies)}):
        found[row.company_id][row.category] = Sum(row.files, int(row.bytes))
    return found


def _usage(statement: sa.TextClause, owner: int) -> Usage:
    return Usage(
        Slice(row.category, row.provider, Class(row[2]), Sum(row.files, int(row.bytes)))
        for row in db.session.execute(statement, {"owner": owner})
    )
