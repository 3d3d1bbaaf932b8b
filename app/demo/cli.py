"""`flask demo load`, `flask demo replay`."""

import secrets
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from app.demo.generate import generate
from app.demo.load import load_demo
from app.demo.replay import Replay, read_invoices
from app.orders.imports.cli import Bar
from config import Settings

demo_cli = AppGroup("demo", help="Demonstration data.")


@demo_cli.command("load")
def load() -> None:
    """Load two companies with ninety days behind them; loading again changes nothing."""
    settings: Settings = current_app.config["SETTINGS"]
    given = settings.demo_password.get_secret_value() if settings.demo_password else ""
    password = given or secrets.token_urlsafe(12)
    loaded = load_demo(password)
    for one in loaded:
        click.echo(f"{one.company}: {one.orders:,} orders" + ("" if one.is_new else ", there already"))
    if not given and any(one.is_new for one in loaded):
        click.echo(f"The password of the demonstration's people is {password}")


@demo_cli.command("replay")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--url", default=None, help="Where Quarterdeck is; by default this machine's.")
@click.option("--token", envvar="QUARTERDECK_TOKEN", required=True, help="An API token: flask tokens create --user …")
@click.option(
    "--speed", type=click.FloatRange(min=0.001), default=60.0, show_default=True, help="Times faster than it happened."
)
@click.option("--limit", type=click.IntRange(min=1), default=200, show_default=True, help="Invoices to send.")
def replay(file: Path, url: str | None, token: str, speed: float, limit: int) -> None:
    """Send real invoices through the HTTP API as orders placed now."""
    settings: Settings = current_app.config["SETTINGS"]
    sender = Replay(url or settings.base_url, token, say=lambda text: click.echo(text, err=True))
    result = sender.run(read_invoices(file, limit), speed=speed)
    click.echo(result.sentence)
    if result.refused:
        raise SystemExit(1)


bench_cli = AppGroup("bench", help="Masses of rows to measure with.")


@bench_cli.command("generate")
@click.option("--orders", type=click.IntRange(1, 50_000_000), default=1_000_000, show_default=True)
@click.option("--companies", type=click.IntRange(1, 100_000), default=10_000, show_default=True)
def generate_rows(orders: int, companies: int) -> None:
    """Generate orders over many companies; a broken run goes on where it stopped."""
    settings: Settings = current_app.config["SETTINGS"]
    password = settings.demo_password.get_secret_value() if settings.demo_password else secrets.token_urlsafe(12)
    bar = Bar()
    generate(orders, companies, password=password, say=lambda done, total: bar.show(done, total, "Generating orders"))
    bar.end()
    click.echo(
        f"{orders:,} orders in {companies:,} companies; the largest is bench-00000 (bench@demo.test, password {password})"
    )
