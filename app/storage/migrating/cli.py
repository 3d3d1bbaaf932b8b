"""`flask storage migrate` and `flask storage migration …`: the same acts without a worker or a browser."""

import threading
from collections.abc import Callable
from typing import Any

import click
from flask.cli import AppGroup

from app.core.errors import Problem
from app.core.installation import installation
from app.core.present import format_bytes, format_duration, plural
from app.storage import routing
from app.storage.cli import storage_cli
from app.storage.migrating import service
from app.storage.migrating.checking import check_all
from app.storage.migrating.phases import WORKING, Phase
from app.storage.migrating.runner import Ended, run
from app.storage.migrating.standing import Standing
from app.storage.migrating.tally import Tally
from app.storage.models import Migration

MIB = 1 << 20
AGAIN_S = 5.0
WAITS = {
    Ended.AWAY: "A provider is away",
    Ended.TAKEN: "Another process moves files",
    Ended.WINDOW: "Outside its hours",
}
migration_cli = AppGroup("migration", help="Migrations: how they stand, and what can be done with them.")
storage_cli.add_command(migration_cli)


@storage_cli.command("migrate")
@click.option("--to", "target", required=True, help="The provider that gets the files.")
@click.option("--from", "source", default="", help="The provider that has them; where new files go unless given.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option(
    "--verify", is_flag=True, help="Only compare, in full: every file read at the target. Ends with 1 if any differs."
)
@click.option("--company", default="", help="Files of one company, by its short name.")
@click.option("--category", default="", help="Files of one category.")
@click.option("--limit-objects", type=float, default=0, help="So many files a second at most.")
@click.option("--limit-mib", type=float, default=0, help="So many MiB a second at most.")
@click.option("--threads", type=int, default=8, show_default=True, help="Files copied at once.")
@click.option("--verify-percent", type=int, default=0, help="Share of the copies read again in full.")
@click.option("--by-list", is_flag=True, help="Verify by pages of the target's list: fewer requests.")
@click.option("--switch", is_flag=True, help="Also switch once everything is verified.")
def migrate_command(
    *, target: str, source: str, dry_run: bool, verify: bool, company: str, category: str, limit_objects: float,
    limit_mib: float, threads: int, verify_percent: int, by_list: bool, switch: bool,
) -> None:  # fmt: skip
    """Copy and verify files at another provider; they are served from there once you switch."""
    options = {
        "objects_per_s": limit_objects, "bytes_per_s": round(limit_mib * MIB), "threads": threads,
        "verify_percent": verify_percent, "by_list": by_list,
    }  # fmt: skip
    with installation():
        row = asked(lambda: service.plan(
            source or routing.writes_to(), target, company=company, category=category, options=options
        ))  # fmt: skip
        click.echo(plan_in_words(row))
        if dry_run:
            return
        if verify:
            compare(row)
            return
        asked(lambda: service.start(row.id))
        click.echo(f"Migration {row.id}. Stop with Ctrl-C; `flask storage migration resume {row.id}` goes on.")
    follow(row.id)
    finish(row.id, switch=switch)


def finish(migration_id: str, *, switch: bool) -> None:
    """Say what comes next, or do it."""
    with installation():
        row = service.migration(migration_id)
        failures = failures_of(row)
        if switch and row.phase == Phase.READY and not failures:
            asked(lambda: service.switch(migration_id, "flask storage migrate --switch"))
    if switch and not failures:
        follow(migration_id)
        with installation():
            row = service.migration(migration_id)
    click.echo(f"\n{in_words(row)}")
    if row.phase == Phase.READY:
        click.echo(f"Switch with: flask storage migration switch {migration_id} --reason …")
    if failures:
        raise click.exceptions.Exit(1)


def compare(row: Migration) -> None:
    """Compare every file with its copy, and end with 1 when one is missing or differs."""
    found = check_all(row, lambda done, total: bar(done, total, "compared", ""))
    click.echo(
        f"\n{plural(found.same, 'file')} the same, {plural(found.missing, 'file')} missing, {found.differ} differ."
    )
    for key, error in found.examples:
        click.echo(f"  {key}  {error}")
    if found.missing or found.differ:
        raise click.exceptions.Exit(1)


def follow(migration_id: str) -> None:
    """Work here and now until the migration rests; Ctrl-C stops between two files, and loses nothing."""
    while True:
        ended = run(migration_id, told=draw)
        if ended not in WAITS:
            return
        click.echo(f"\r{WAITS[ended]}; going on in a moment.   ", err=True)
        threading.Event().wait(AGAIN_S)


def draw(standing: Standing, tally: Tally) -> None:
    """Draw how far the phase is."""
    files = {state: one["files"] for state, one in tally.states.items()}
    total, phase = sum(files.values()), standing.row.phase
    past = {"copying": ("waiting", "failed"), "verifying": ("waiting", "copied", "failed")}
    left = sum(files.get(state, 0) for state in past.get(phase, ("waiting", "copied", "verified")))
    speed = tally.speeds[-1] if tally.speeds else [0, 0, 0]
    bar(total - left, total, phase, f"{speed[1]:,.0f} files/s, {format_bytes(int(speed[2]))}/s")


def bar(done: int, total: int, word: str, note: str) -> None:
    """Write one line over the last one."""
    percent = 100 * done // total if total else 100
    click.echo(f"\r{word}: {done:,} of {total:,} ({percent} %)  {note}        ", nl=False, err=True)


def asked(act: Callable[[], Any]) -> Any:  # Any: what the act returns
    """Do an act; what is refused is said on one line."""
    try:
        return act()
    except Problem as problem:
        errors = getattr(problem, "errors", None)
        more = "; ".join(one["message"] for one in errors) if errors else ""
        raise click.ClickException(f"{problem.sentence} {more}".strip()) from None


def plan_in_words(row: Migration) -> str:
    """Return what a dry run found."""
    plan = row.plan
    companies = plural(plan["companies"], "company", "companies")
    there = f"{plan['copied_files']:,} of them are at {row.target} already"
    known = f"{plural(plan['files'], 'file')}, {format_bytes(plan['bytes'])}, of {companies} at {row.source}; {there}."
    asks = (
        f"Requests: {plan['source_reads']:,} reads at {row.source}; at {row.target} {plan['target_writes']:,} writes, "
        f"{plan['target_stats']:,} looks, {plan['target_reads']:,} reads."
    )
    lines = [known, asks]
    if plan["rate_from"]:
        lines.append(f"About {format_duration(plan['seconds'])} at {plan['files_per_s']:,.0f} files a second.")
    if plan.get("cost"):
        lines.append(f"About {plan['cost']['currency']} {plan['cost']['once']} once, by list prices.")
    return "\n".join(lines)


def failures_of(row: Migration) -> int:
    """Return how many files could not be moved."""
    states = row.figures.get("states", {})
    return sum(states.get(state, {}).get("files", 0) for state in ("failed", "lost"))


def in_words(row: Migration) -> str:
    """Return how a migration stands, on one line."""
    states = ", ".join(f"{one['files']:,} {state}" for state, one in row.figures.get("states", {}).items())
    paused = " (paused)" if row.is_paused else ""
    return f"{row.id}  {row.source} → {row.target}  {row.phase}{paused}  {states or 'nothing yet'}{'  ' + row.error if row.error else ''}"


@migration_cli.command("status")
@click.argument("migration_id", required=False)
def status_command(migration_id: str | None) -> None:
    """Say how a migration stands, or all of them."""
    with installation():
        for row in [asked(lambda: service.migration(migration_id))] if migration_id else service.list_migrations():
            click.echo(in_words(row))


@migration_cli.command("pause")
@click.argument("migration_id")
def pause_command(migration_id: str) -> None:
    """Stop between two files."""
    act(lambda: service.pause(migration_id))


@migration_cli.command("resume")
@click.argument("migration_id")
def resume_command(migration_id: str) -> None:
    """Go on, here and now, with what was paused, killed or interrupted."""
    with installation():
        row = asked(lambda: service.migration(migration_id))
        if row.phase in WORKING and row.is_paused:
            asked(lambda: service.resume(migration_id))
    follow(migration_id)
    finish(migration_id, switch=False)


@migration_cli.command("switch")
@click.argument("migration_id")
@click.option("--reason", required=True, help="Kept in the audit.")
def switch_command(migration_id: str, reason: str) -> None:
    """Serve the verified files from their new place."""
    act(lambda: service.switch(migration_id, reason), works=True)


@migration_cli.command("rollback")
@click.argument("migration_id")
@click.option("--reason", required=True, help="Kept in the audit.")
def rollback_command(migration_id: str, reason: str) -> None:
    """Serve everything from the old place again."""
    act(lambda: service.roll_back(migration_id, reason), works=True)


@migration_cli.command("remove")
@click.argument("migration_id")
@click.option("--typed", prompt="Type the name of the provider whose files are removed", help="Its name.")
@click.option("--reason", required=True, help="Kept in the audit.")
def remove_command(migration_id: str, typed: str, reason: str) -> None:
    """Delete what the old place keeps; nothing brings it back."""
    act(lambda: service.remove(migration_id, typed=typed, reason=reason), works=True)


@migration_cli.command("retry")
@click.argument("migration_id")
def retry_command(migration_id: str) -> None:
    """Try what failed once more."""
    act(lambda: service.try_again(migration_id), works=True)


@migration_cli.command("stop")
@click.argument("migration_id")
@click.option("--reason", default="", help="Kept in the audit.")
def stop_command(migration_id: str, reason: str) -> None:
    """End a migration that has switched nothing."""
    act(lambda: service.stop(migration_id, reason))


def act(change: Callable[[], Migration], *, works: bool = False) -> None:
    """Do an act, see it through when it has work to do, and say how the migration stands then."""
    with installation():
        row: Migration = asked(change)
    if works:
        follow(row.id)
    with installation():
        click.echo(f"\n{in_words(service.migration(row.id))}")
