"""`flask doctor`: every setting and every system in two tables; exits 1 when something needs a hand."""

import click
from flask import current_app
from flask.cli import with_appcontext
from pydantic import SecretStr
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from app.core import guards
from app.core.tenancy_check import find_logins_faults
from app.health.checks import checks_of
from app.health.readiness import Schema
from config import Settings

HIDDEN = "set, hidden"


@click.command("doctor")
@with_appcontext
def doctor_command() -> None:
    """Show the settings (secrets hidden) and check everything they name."""
    settings: Settings = current_app.config["SETTINGS"]
    click.secho("Settings", bold=True)
    for name in Settings.model_fields:
        default = Settings.model_fields[name].default
        value = getattr(settings, name)
        click.echo(f"  {'*' if value != default else ' '} {name.upper():26} {shown(value)}")
    click.secho("Checks", bold=True)
    found = diagnose()
    for name, fault, detail in found:
        mark = click.style("fail", fg="red") if fault else click.style("ok", fg="green")
        click.echo(f"  {mark:4} {name:12} {detail}")
    faults = sum(1 for _, fault, _ in found if fault)
    if faults:
        raise click.ClickException(f"{faults} of {len(found)} checks failed; each line above says what to do.")


def diagnose() -> list[tuple[str, bool, str]]:
    """Return (name, whether it needs a hand, what was found)."""
    found = [(one.name, not one.is_healthy, one.detail) for one in checks_of(current_app).newest().values()]
    schema: Schema = current_app.extensions["quarterdeck-schema"]
    reason = schema.look()
    found.append(("schema", bool(reason), reason or "at head"))
    try:
        with guards.unguarded():
            faults = find_logins_faults(current_app._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001
    except DBAPIError as error:
        faults = [f"not checked ({type(error.orig).__name__})"]
    found.append(
        ("tenancy", bool(faults), " ".join(faults) or "the login is bound by row-level security on every table")
    )
    return found


def shown(value: object) -> str:
    """Return a setting as a person may read it over a shoulder: addresses without their passwords."""
    if not isinstance(value, SecretStr):
        return str(value) if value not in (None, "") else "–"
    text = value.get_secret_value()
    if "://" not in text:
        return HIDDEN if text else "–"
    try:
        return make_url(text).render_as_string(hide_password=True)
    except Exception:  # noqa: BLE001 (an address we cannot read may hold a password anywhere)
        return HIDDEN
