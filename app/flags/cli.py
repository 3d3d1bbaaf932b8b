"""`flask flags …`: everything that matters about flags without signing in, for whoever is locked out."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from flask.cli import AppGroup
from pydantic import TypeAdapter, ValidationError

from app.core.context import acting_as
from app.core.errors import Problem
from app.core.installation import installation
from app.flags import reads, references, service
from app.flags.answers import step_out
from app.flags.api.transfer import export_document, import_document
from app.flags.engine.evaluate import Table
from app.flags.engine.explain import explain as explain_answer
from app.flags.engine.model import Algorithm, Snapshot
from app.flags.environments import check_environment
from app.flags.load import load
from app.flags.reads import FlagDetail
from app.flags.schemas import Percent, share_of

T = TypeVar("T")
WHO = {"kind": "command", "name": "flask flags"}
PAGE = 200
flags_cli = AppGroup("flags", help="Feature flags of this installation.")
environment_option = click.option(
    "--environment", default=None, help="Default: the one this installation answers from."
)
reason_option = click.option("--reason", default="", help="Why; it stands in the history.")


def run(act: Callable[[], T]) -> T:
    """Act on the installation; a mistake is a sentence."""
    with installation(), acting_as(WHO):
        try:
            return act()
        except Problem as problem:
            errors = problem.fields.get("errors", [])
            told = [f"  {one['field']}: {one['message']}" for one in errors]
            raise click.ClickException("\n".join([problem.sentence, *told])) from None


def say(flag: FlagDetail) -> str:
    """Return a flag as a line."""
    state = "on " if flag.is_enabled else "off"
    lists = f"  allow {flag.allowed}, block {flag.blocked}" if flag.allowed or flag.blocked else ""
    return f"{flag.key:<32} {state} {flag.percent:>7} %  {flag.scope:<8}{lists}"


@flags_cli.command("list")
@environment_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_command(environment: str | None, as_json: bool) -> None:  # noqa: FBT001 (click passes the flag)
    """List every flag."""
    found = run(lambda: read_all(environment))
    if as_json:
        shown = [
            {"key": one.key, "enabled": one.is_enabled, "percentage": one.percent, "scope": one.scope} for one in found
        ]
        click.echo(json.dumps(shown, indent=2))
        return
    for one in found:
        click.echo(say(one))


@flags_cli.command("enable")
@click.argument("key")
@environment_option
@reason_option
def enable_command(key: str, environment: str | None, reason: str) -> None:
    """Switch a flag on."""
    click.echo(say(run(lambda: service.enable(key, environment=environment, reason=reason))))


@flags_cli.command("disable")
@click.argument("key")
@environment_option
@reason_option
def disable_command(key: str, environment: str | None, reason: str) -> None:
    """Pull a flag's kill switch."""
    click.echo(say(run(lambda: service.disable(key, environment=environment, reason=reason))))


@flags_cli.command("rollout")
@click.argument("key")
@click.argument("percentage")
@environment_option
@reason_option
def rollout_command(key: str, percentage: str, environment: str | None, reason: str) -> None:
    """Set a flag's percentage: 25, 12.5, 0.001."""
    share = read_share(percentage)
    click.echo(say(run(lambda: service.set_percentage(key, share, environment=environment, reason=reason))))


@flags_cli.command("allow")
@click.argument("key")
@click.argument("targets", nargs=-1, required=True)
@environment_option
@reason_option
def allow_command(key: str, targets: tuple[str, ...], environment: str | None, reason: str) -> None:
    """Put companies or people on a flag's allow list."""
    click.echo(say(run(lambda: service.allow(key, *targets, environment=environment, reason=reason))))


@flags_cli.command("block")
@click.argument("key")
@click.argument("targets", nargs=-1, required=True)
@environment_option
@reason_option
def block_command(key: str, targets: tuple[str, ...], environment: str | None, reason: str) -> None:
    """Put companies or people on a flag's block list."""
    click.echo(say(run(lambda: service.block(key, *targets, environment=environment, reason=reason))))


@flags_cli.command("explain")
@click.argument("key")
@click.argument("attributes", nargs=-1)
@environment_option
def explain_command(key: str, attributes: tuple[str, ...], environment: str | None) -> None:
    """Say why a flag answers what it answers, for company=harbour user=01J… release=2026.11.0."""
    context = dict(part.partition("=")[::2] for part in attributes)

    def act() -> Any:  # Any: an explanation
        name = check_environment(environment)
        loaded = load(name)
        reads.find_flag(key, name)
        return explain_answer(Table(Snapshot(0, name, loaded.flags, loaded.segments)), key, context)

    found = run(act)
    for step in found.steps:
        click.echo(f"{step.verdict.value:<12} {step.decider.value:<13} {step.sentence}")
        if draw := step_out(step).get("draw"):
            click.echo(f"{'':<26} {say_draw(draw)}")
    made = found.evaluation
    click.echo(f"= {made.variant} ({json.dumps(made.value)}), {made.reason.value} {made.detail}".rstrip())


def say_draw(draw: dict[str, Any]) -> str:  # Any: JSON
    """Return a draw in a line; place and share both in percent."""
    if draw["unit"] is None:
        return "nobody to draw for: name a target, such as company=harbour or user=01J…"
    return f"{draw['unit']} draws {draw['place'] / 1000:g} %, the share is {draw['percentage']:g} %"


@flags_cli.command("export")
@environment_option
def export_command(environment: str | None) -> None:
    """Print the flags as a flagd document."""
    document, refused = run(lambda: export_document(check_environment(environment)))
    for sentence in refused.values():
        click.echo(sentence, err=True)
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))


@flags_cli.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--algorithm", default="flagd-v2", show_default=True, type=click.Choice(["flagd-v1", "flagd-v2", "flagd-v3"])
)
@environment_option
@reason_option
def import_command(file: Path, algorithm: str, environment: str | None, reason: str) -> None:
    """Take over a flagd document, all or none."""
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise click.ClickException(f"{file} is not JSON: {error}") from None
    done = run(lambda: import_document(document, Algorithm(algorithm), environment, reason))
    for note in done.notes:
        click.echo(note, err=True)
    click.echo(f"{len(done.created)} made, {len(done.changed)} changed, {len(done.unchanged)} as they were.")


@flags_cli.command("stale")
@environment_option
def stale_command(environment: str | None) -> None:
    """List flags that have done their work."""
    for one in run(lambda: reads.stale_flags(environment)):
        click.echo(f"{one.key:<32} {one.sentence}")


@flags_cli.command("references")
@click.argument("path", type=click.Path(exists=True, path_type=Path), default=Path())
def references_command(path: Path) -> None:
    """Say where the keys of flags stand in code, and which stand nowhere."""
    keys = [one.key for one in run(read_all)]
    found = references.find_references(path, keys)
    for key in keys:
        for place in found.get(key, []):
            click.echo(f"{place.path}:{place.line}: {key}")
    missing = [key for key in keys if key not in found]
    if missing:
        click.echo(f"Found nowhere: {', '.join(missing)}")


def read_all(environment: str | None = None) -> list[FlagDetail]:
    """Return every flag."""
    found: list[FlagDetail] = []
    after: str | None = None
    while True:
        page = reads.list_flags(environment, after=after, limit=PAGE)
        found += page.items
        after = page.next_cursor
        if after is None:
            return found


def read_share(percentage: str) -> int:
    """Return a typed percentage in thousandths of a percent."""
    try:
        return share_of(TypeAdapter(Percent).validate_python(percentage.removesuffix("%").strip()))
    except ValidationError:
        raise click.ClickException("A percentage is a number from 0 to 100, in steps of 0.001, such as 12.5.") from None
