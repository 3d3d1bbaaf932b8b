"""What keeps an installation in order once a day: flags that look finished, and what the planner knows of partitions."""

from typing import Any

import sqlalchemy as sa

from app.core.bulk import MORE_TIME
from app.core.db import transaction
from app.core.installation import installation
from app.core.present import plural
from app.core.tasks import say
from app.core.tenancy import system_work
from app.flags import reads as flags


def look_after() -> dict[str, Any]:
    """Name the flags that look finished, and analyse the partitioned tables: autovacuum never does their parents."""
    with installation():
        stale = flags.stale_flags()
    for one in stale:
        say(f"{one.key}: {one.sentence}")
    with system_work(), transaction() as session:
        session.execute(MORE_TIME)
        tables = session.scalar(sa.text("SELECT analyse_partitions()")) or 0
    say(f"Analysed {plural(tables, 'partitioned table')}.")
    return {"staleFlags": [one.key for one in stale], "analysedTables": tables, "page": "/flags?view=stale"}
