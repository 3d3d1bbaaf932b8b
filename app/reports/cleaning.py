"""What the clean-up takes away of reports: the files, and the rows that name them."""

from datetime import datetime

from app.core import files
from app.core.cleaning import Removed, cleaner, remove_files, remove_rows
from app.core.ids import ulid_floor


@cleaner("reports")
def remove_reports(before: datetime) -> Removed:
    """Reports that were kept long enough."""
    removed = remove_files(files.root() / "reports", before)
    remove_rows(
        "DELETE FROM reports WHERE (company_id, id) IN "
        "(SELECT company_id, id FROM reports WHERE id < :floor LIMIT :batch)",
        floor=ulid_floor(before),
    )
    return removed
