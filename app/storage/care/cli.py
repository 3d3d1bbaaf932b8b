"""`flask storage doctor|check|scrub|clean|policy`."""

import json
import sys

import click
from flask.cli import with_appcontext

from app.core.installation import installation
from app.core.running import progress_to
from app.storage import providers, routing
from app.storage.care import cleanup, doctor, reconcile, scrub
from app.storage.care.policy import cors_of, policy_of
from app.storage.care.reconcile import Rules
from app.storage.cli import storage_cli
from app.storage.models import StorageCheck
from app.storage.states import ProviderName

MARKS = {"good": ("ok", "green"), "warn": ("look", "yellow"), "bad": ("wrong", "red"), "none": ("–", None)}
chosen = click.option("--provider", default="", help="Which one; where new files go unless given.")


@storage_cli.command("doctor")
@chosen
@click.option("--json", "as_json", is_flag=True, help="Print what was seen as JSON.")
@with_appcontext
def examine_provider(provider: str, *, as_json: bool) -> None:
    """Ask a provider some forty questions; exits 1 when an answer is wrong."""
    with installation(), progress_to(_bar):
        row = doctor.examine_provider(provider or routing.writes_to())
    if as_json:
        click.echo(json.dumps({"verdict": row.verdict, "sentence": row.sentence, **row.figures}, indent=1))
    else:
        for one in row.figures["probes"]:
            word, colour = MARKS[one["verdict"]]
            click.echo(f"  {click.style(f'{word:5}', fg=colour)} {one['title']}\n        {one['said']}")
        click.echo(f"Profiles that fit: {', '.join(row.figures['fits']) or 'none'}; set: {row.figures['profile']}")
        click.secho(row.sentence, bold=True)
    if row.verdict == "bad":
        sys.exit(1)


@storage_cli.command("check")
@chosen
@click.option("--dry-run", is_flag=True, help="Look, and do nothing about it.")
@click.option("--young-hours", default=24.0, show_default=True, help="Objects younger than this are left alone.")
@click.option("--reason", default="", help="Why more may be set aside than a check does by itself.")
@with_appcontext
def check_provider(provider: str, *, dry_run: bool, young_hours: float, reason: str) -> None:
    """Compare rows with objects, both ways; set aside what has no row. Exits 1 when something is lost."""
    rules = Rules(is_dry=dry_run, young_h=young_hours, reason=reason)
    with installation(), progress_to(_bar):
        row = reconcile.reconcile(provider or routing.writes_to(), rules)
    _end(row)


@storage_cli.command("scrub")
@chosen
@click.option(
    "--percent", type=click.FloatRange(0, 100), default=None, help="Of its files; SCRUB_PERCENT unless given."
)
@with_appcontext
def scrub_provider(provider: str, percent: float | None) -> None:
    """Read files again and compare their digests. Exits 1 when one is wrong."""
    with installation(), progress_to(_bar):
        row = scrub.scrub(provider or routing.writes_to(), percent=percent)
    _end(row)


@storage_cli.command("clean")
@chosen
@with_appcontext
def clean_provider(provider: str) -> None:
    """Take back uploads nobody waits for, and what has been set aside long enough."""
    for name in [provider] if provider else providers.configured():
        with installation():
            freed = cleanup.clean(name)
        click.echo(
            f"{name}: {freed.uploads} uploads, {freed.probes} probes, {freed.aside} set aside; {freed.bytes:,} bytes"
        )


@storage_cli.command("policy")
@click.option(
    "--provider", type=click.Choice([one.value for one in ProviderName]), help="Where new files go unless given."
)
@with_appcontext
def print_policy(provider: str | None) -> None:
    """Print the least a key needs, and the CORS rule for uploads from browsers."""
    name = provider or routing.writes_to()
    click.echo(policy_of(name))
    rule = cors_of(name)
    if rule:
        click.echo(rule)


def _bar(done: int, total: int | None, message: str) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r\033[K{message} {done:,}" + (f" of {total:,}" if total else ""), nl=False, err=True)


def _end(row: StorageCheck) -> None:
    click.echo(json.dumps(row.figures, indent=1))
    click.secho(row.sentence, bold=True)
    if row.verdict == "bad":
        sys.exit(1)
