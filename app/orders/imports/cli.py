"""`flask orders import FILE.csv[.xz|.gz] --company SLUG [--json]`."""

import json
import sys
import time
from pathlib import Path

import click
import sqlalchemy as sa
from flask.cli import AppGroup

from app.core.context import acting_as
from app.core.db import db
from app.core.errors import Problem
from app.core.ids import CompanyId
from app.core.tasks import progress_to
from app.core.tenancy import acting_for, platform_reads
from app.orders.imports import report, service

orders_cli = AppGroup("orders", help="Orders from files.")
BAR_WIDTH = 30


@orders_cli.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--company", "slug", required=True, help="The company's short name, such as harbour.")
@click.option("--source", default=service.DEFAULT_SOURCE, show_default=True, help="Whose invoice numbers these are.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def import_orders(file: Path, slug: str, source: str, as_json: bool) -> None:  # noqa: FBT001 (click passes the flag)
    """Import a sales file; a second run imports nothing twice."""
    company_id, currency = find_company(slug)
    who = {"kind": "command", "name": "flask orders import"}
    bar = Bar()
    with acting_for(company_id), acting_as(who), progress_to(bar.show):
        try:
            made = service.import_file(file, source=source)
        except Problem as problem:
            bar.end()
            raise click.ClickException(problem.sentence) from None
    bar.end()
    click.echo(json.dumps(made, indent=2) if as_json else report.as_text(made, currency))


def find_company(slug: str) -> tuple[CompanyId, str]:
    """Return a company by its short name."""
    with platform_reads():
        row = db.session.execute(
            sa.text("SELECT id, currency FROM companies WHERE slug = :slug"), {"slug": slug}
        ).one_or_none()
    if row is None:
        raise click.ClickException(f"There is no company {slug!r}. The short names stand in: flask companies list")
    return CompanyId(row.id), row.currency


class Bar:
    """A progress bar on a terminal; nothing where the output is kept."""

    def __init__(self) -> None:
        self.is_shown = sys.stderr.isatty()
        self.drew_at = 0.0

    def show(self, done: int, total: int | None, message: str) -> None:
        """Draw how far it is, at most ten times a second."""
        if not self.is_shown or (time.monotonic() - self.drew_at < 0.1 and done != total):  # noqa: PLR2004
            return
        self.drew_at = time.monotonic()
        full = BAR_WIDTH * done // total if total else 0
        sys.stderr.write(f"\r{message:<28} [{'#' * full}{'.' * (BAR_WIDTH - full)}] {done:,} of {total or 0:,}  ")
        sys.stderr.flush()

    def end(self) -> None:
        """Leave the line."""
        if self.is_shown:
            sys.stderr.write("\n")
