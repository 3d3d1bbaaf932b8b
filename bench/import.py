"""How long a sales file takes, the first time and again: `bin/bench import FILE`.

Each run makes a company of its own, so that it begins with nothing.
"""

import sys
import time
from pathlib import Path

from app import create_app
from app.accounts.service import companies
from app.core.ids import new_ulid
from app.core.tenancy import acting_for
from app.orders.imports import report, service


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("Name the file: bin/bench import FILE.csv[.xz|.gz]")
    app = create_app()
    with app.app_context():
        slug = f"bench-import-{new_ulid()[-8:].lower()}"
        with acting_for(companies.ensure_company(slug, "Bench import")):
            started = time.monotonic()
            first = service.import_file(Path(sys.argv[1]))
            ended = time.monotonic()
            again = service.import_file(Path(sys.argv[1]))
    print(report.as_text(first, "GBP"))
    print(
        f"\nfirst run {ended - started:.1f} s, {first['lines'] / (ended - started):,.0f} lines a second; second run {again['seconds']} s"
    )


if __name__ == "__main__":
    main()
