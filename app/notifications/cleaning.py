"""What the clean-up takes away of notifications."""

from datetime import datetime

from app.core.cleaning import Removed, cleaner, remove_rows


@cleaner("read notifications")
def remove_read(before: datetime) -> Removed:
    """What was read long ago; what nobody read stays."""
    return remove_rows(
        "DELETE FROM notifications WHERE (company_id, id) IN "
        "(SELECT company_id, id FROM notifications WHERE read_at < :before LIMIT :batch)",
        before=before,
    )
