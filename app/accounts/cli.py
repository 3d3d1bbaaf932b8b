"""Commands for people with a shell: the first accounts, a lock-out, tokens for scripts."""

import secrets
from collections.abc import Callable
from typing import TypeVar

import click
from flask import current_app
from flask.cli import AppGroup

from app.accounts import gate, legacy_sessions, reads
from app.accounts.gate import Person
from app.accounts.passwords import MIN_LENGTH
from app.accounts.schemas import check_email, check_guessable
from app.accounts.secrets import is_token
from app.accounts.service import companies as company_service
from app.accounts.service import passwords, people
from app.accounts.service import tokens as token_service
from app.core import clock
from app.core.access import Role
from app.core.errors import Problem
from app.core.tenancy import acting_for
from app.limits.table import BadLimit, parse_limit
from config import Settings

users = AppGroup("users", help="People: create, list, reset a password.")
tokens = AppGroup("tokens", help="API tokens: create, list, revoke.")
companies = AppGroup("companies", help="Companies: create, list.")
sessions = AppGroup("sessions", help="Sessions: move those of LEGACY_SESSION_TABLE over.")
MINUTE_S = 60
T = TypeVar("T")


@users.command("create")
@click.option("--email", required=True)
@click.option("--name", required=True)
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--company", "slug", help="Short name; needed for every role but platform_admin.")
@click.option("--password", help="Made and printed when left out.")
def create_user(email: str, name: str, role: str, slug: str | None, password: str | None) -> None:
    """Make a person."""
    chosen = Role(role)
    company = gate.find_company("platform" if chosen is Role.PLATFORM_ADMIN else slug or "")
    if company is None:
        raise click.ClickException(f"There is no company {slug!r}. Make it: flask companies create --slug …")
    secret = checked_password(password)
    with acting_for(company.id):
        said(lambda: people.create_user(email=checked_email(email), name=name, role=chosen, password=secret))
    click.echo(f"{email} is {chosen.label} of {company.name}." + ("" if password else f" Password: {secret}"))


@users.command("reset-password")
@click.option("--email", required=True)
@click.option("--password", help="Made and printed when left out.")
def reset_password(email: str, password: str | None) -> None:
    """Set a new password, end all sessions, take the second factor away: the way back after a lock-out."""
    secret = checked_password(password)
    if passwords.force_password(email, secret) is None:
        raise click.ClickException(f"There is nobody with the address {email}.")
    click.echo(f"{email} signs in with a new password." + ("" if password else f" Password: {secret}"))


@users.command("list")
@click.option("--company", "slug", required=True)
def list_users(slug: str) -> None:
    """List the people of a company."""
    company = gate.find_company(slug)
    if company is None:
        raise click.ClickException(f"There is no company {slug!r}.")
    with acting_for(company.id):
        rows, after = reads.list_people(limit=200)
        while rows:
            for row in rows:
                click.echo(f"{row.email}\t{row.role.value}\t{'active' if row.is_active else 'closed'}\t{row.name}")
            rows, after = reads.list_people(limit=200, after=after) if after else ([], None)


@tokens.command("create")
@click.option("--user", "email", required=True, help="Whose token it is.")
@click.option("--name", default="command line")
@click.option("--scope", "scopes", multiple=True, help="Like orders:read; all the role may when left out.")
@click.option("--limit", help="Requests a minute of its own, like 6000/min.")
@click.option("--days", type=click.IntRange(1, 3650), help="Days until it ends by itself.")
def create_token(email: str, name: str, scopes: tuple[str, ...], limit: str | None, days: int | None) -> None:
    """Print a new token, alone on its line."""
    person = known_person(email)
    with acting_for(person.home.id):
        _, secret = said(
            lambda: token_service.create_token(
                person.id, name=name, scopes=list(scopes) or None, limit_per_min=per_minute(limit),
                expires_at=clock.days_from_now(days),
            )
        )  # fmt: skip
    click.echo(secret)


@tokens.command("list")
@click.option("--user", "email", required=True)
def list_tokens(email: str) -> None:
    """List a person's tokens in force."""
    person = known_person(email)
    with acting_for(person.home.id):
        rows, _ = reads.list_tokens(limit=200, user_id=person.id)
    for row in rows:
        click.echo(f"{row.id}\t{row.prefix}…\t{' '.join(row.scopes) if row.scopes else 'all'}\t{row.name}")


@tokens.command("revoke")
@click.argument("token")
def revoke_token(token: str) -> None:
    """Revoke a token, named by its id (tokens list) or by itself."""
    found = gate.find_token(token) if is_token(token) else gate.find_token_by_id(token)
    if found is None:
        raise click.ClickException("There is no such token.")
    with acting_for(found.person.home.id):
        token_service.revoke_by_command(found.id)
    click.echo("Revoked.")


@companies.command("create")
@click.option("--slug", required=True, help="Short name in addresses: small letters, digits, dashes.")
@click.option("--name", required=True)
@click.option("--type", "kind", type=click.Choice(["practice", "lab", "supplier", "retailer"]), default="retailer")
@click.option("--currency", default="GBP")
@click.option("--timezone", default="Europe/London")
def create_company(slug: str, name: str, kind: str, currency: str, timezone: str) -> None:
    """Make a company."""
    said(lambda: company_service.create_company(slug=slug, name=name, type=kind, currency=currency, timezone=timezone))
    click.echo(f"{name} is ready. Its first admin: flask users create --company {slug} --role company_admin …")


@companies.command("list")
def list_companies() -> None:
    """List companies by short name."""
    rows, after = reads.list_companies(limit=200)
    while rows:
        for row in rows:
            click.echo(f"{row.slug}\t{row.type}\t{row.name}")
        rows, after = reads.list_companies(limit=200, after=after) if after else ([], None)


@sessions.command("adopt")
def adopt_sessions() -> None:
    """Move every session of LEGACY_SESSION_TABLE over now, pickled ones too, which no request opens."""
    settings: Settings = current_app.config["SETTINGS"]
    if not settings.legacy_session_table:
        raise click.ClickException("LEGACY_SESSION_TABLE names no table.")
    moved = list(legacy_sessions.adopt_all(settings))
    click.echo(f"{sum(moved)} moved. {len(moved) - sum(moved)} left: nobody active is named in them.")


def said(act: Callable[[], T]) -> T:
    """Run an act; a Problem becomes the command's message."""
    try:
        return act()
    except Problem as problem:
        raise click.ClickException(problem.sentence) from None


def known_person(email: str) -> Person:
    """Return the person with an address, or end the command."""
    person = gate.find_user(email)
    if person is None:
        raise click.ClickException(f"There is nobody with the address {email}.")
    return person


def checked_email(email: str) -> str:
    """Return a usable address, or end the command."""
    try:
        return check_email(email)
    except ValueError as error:
        raise click.ClickException(f"{email} {error}") from None


def checked_password(password: str | None) -> str:
    """Return the password to set, a random one when none is given."""
    if password is None:
        return secrets.token_urlsafe(12)
    try:
        if len(password) < MIN_LENGTH:
            raise ValueError("is too short; use ten characters or more")
        return check_guessable(password)
    except ValueError as error:
        raise click.ClickException(f"This password {error}.") from None


def per_minute(limit: str | None) -> int | None:
    """Return requests a minute of a limit like 6000/min."""
    if limit is None:
        return None
    try:
        amount, window_s = parse_limit(limit)
    except BadLimit as error:
        raise click.ClickException(str(error)) from None
    return max(amount * MINUTE_S // window_s, 1)
