"""Comparing without copying: every file of the source read at the target. Nothing is written."""

from collections.abc import Callable
from dataclasses import dataclass, field

from app.storage import providers
from app.storage.adapters.protocol import ObjectMissing, StorageError
from app.storage.migrating.copying import Wanted, digest_of, verify_object
from app.storage.migrating.limits import Options, Pace
from app.storage.migrating.phases import scope_of
from app.storage.migrating.rows import FILTERS, HAS_BYTES, PAGE, Item, Outcome, Scope, run
from app.storage.migrating.threads import spread
from app.storage.models import Migration

MOST_EXAMPLES = 20


@dataclass
class Compared:
    """What a comparison found.

    Attributes:
        examples: Keys with what is wrong, the first ones.
    """

    same: int = 0
    missing: int = 0
    differ: int = 0
    examples: list[tuple[str, str]] = field(default_factory=list)


def check_all(row: Migration, told: Callable[[int, int], None]) -> Compared:
    """Read every copy in full and compare it with its file's digest; files without one are read at the source, too."""
    scope, found, after = scope_of(row), Compared(), ""
    source, target = providers.provider(row.source), providers.provider(row.target)
    pace = Pace(Options.of(row.options))

    def prove(item: Item) -> Outcome:
        wanted = item.wanted
        try:
            if not wanted.sha256:
                digest = digest_of(source, wanted.key, pace.take)[0]
                wanted = Wanted(wanted.key, wanted.size_bytes, wanted.content_type, digest)
            verify_object(target, wanted, whole=True, take=pace.take)
        except ObjectMissing:
            return Outcome(item, "missing", error="It is not there.")
        except StorageError as error:
            return Outcome(item, "differs", error=str(error) or type(error).__name__)
        return Outcome(item, "same")

    while items := page_of(scope, after):
        for lot in spread(items, prove, pace, lambda: None):
            count(found, lot)
            told(found.same + found.missing + found.differ, row.plan["files"])
        after = items[-1].file_id
    return found


def count(found: Compared, lot: list[Outcome]) -> None:
    """Add what a lot came to."""
    for one in lot:
        found.same += one.state == "same"
        found.missing += one.state == "missing"
        found.differ += one.state == "differs"
        if one.error and len(found.examples) < MOST_EXAMPLES:
            found.examples.append((one.item.wanted.key, one.error))


def page_of(scope: Scope, after: str) -> list[Item]:
    """Return the next files at the source."""
    rows = run(
        f"SELECT f.company_id, f.id, f.key, f.size_bytes, f.content_type, f.sha256 FROM stored_files f "
        f"WHERE f.provider = :source AND {HAS_BYTES} AND {FILTERS} AND f.id > :after ORDER BY f.id LIMIT {PAGE}",
        {**scope.values(), "after": after},
    )
    return [Item(row.company_id, row.id, Wanted(row.key, row.size_bytes, row.content_type, row.sha256)) for row in rows]
