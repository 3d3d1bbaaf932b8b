"""`flask backup make`, `list`, `restore-drill`: the same acts without a worker or a browser."""

import click
from flask.cli import AppGroup

from app.backups import service, store
from app.core.installation import installation
from app.core.present import format_bytes, format_duration

backup_cli = AppGroup("backup", help="Backups of the database, and drills that restore them.")


@backup_cli.command("make")
def make_command() -> None:
    """Back the database up now."""
    with installation():
        made, gone = service.back_up()
        click.echo(f"{made.name}  {format_bytes(made.size_bytes)}  {made.rows:,} rows  sha256 {made.sha256}")
    for name in gone:
        click.echo(f"removed {name}")


@backup_cli.command("list")
def list_command() -> None:
    """List the backups, newest first."""
    with installation():
        for one in store.list_backups():
            age = format_duration(one.age_s)
            click.echo(f"{one.name}  {age} old  {format_bytes(one.size_bytes)}  {one.rows:,} rows  {one.sha256[:16]}")


@backup_cli.command("restore-drill")
@click.option("--without-start", is_flag=True, help="Compare, and do not start the product on the copy.")
def drill_command(*, without_start: bool) -> None:
    """Restore the newest backup into an empty server, compare, sign in there, keep the verdict. Ends with 1 when it is bad."""
    with installation():
        row = service.run_drill(is_started=not without_start)
    for step in row.steps:
        click.echo(f"{step['seconds']:9.2f} s  {step['name']}")
    click.echo(row.verdict)
    for sentence in row.differences[1:]:
        click.echo(f"  {sentence}")
    if not row.is_good:
        raise click.exceptions.Exit(1)
