"""`flask live announce`: planned work, told to every open page."""

import click
from flask import current_app
from flask.cli import AppGroup

from app.core.tenancy import acting_for
from app.realtime import service
from app.realtime.switchboard import switchboard_of

live_cli = AppGroup("live", help="The live layer.")


@live_cli.command("announce")
@click.argument("text")
@click.option("--minutes", default=10, show_default=True, help="How long the work takes.")
def announce_command(text: str, minutes: int) -> None:
    """Tell everybody about planned work."""
    platform_id = switchboard_of(current_app).platform_id()
    if not platform_id:
        raise click.ClickException("there is no platform company yet; run flask demo load or flask users create first")
    with acting_for(platform_id):
        service.announce_maintenance(text, minutes)
    click.echo("Announced.")
