"""`flask live announce`: planned work, told to every open page."""

import click
from flask.cli import AppGroup

from app.core.installation import installation
from app.realtime import service

live_cli = AppGroup("live", help="The live layer.")


@live_cli.command("announce")
@click.argument("text")
@click.option("--minutes", default=10, show_default=True, help="How long the work takes.")
def announce_command(text: str, minutes: int) -> None:
    """Tell everybody about planned work."""
    with installation():
        service.announce_maintenance(text, minutes)
    click.echo("Announced.")
