"""What create_app switches on for accounts."""

from flask import Flask

from app.accounts import api, principals, tasks, views
from app.accounts.activity import init_activity
from app.accounts.cli import companies, sessions, tokens, users
from app.accounts.clients import client_name
from app.accounts.reads import choices_for_admins
from app.accounts.sessions import Sessions
from app.core import shell

__all__ = ["init_accounts", "principals", "tasks"]  # imported for what they register


def init_accounts(app: Flask) -> None:
    """Sessions, the authenticator, mails, pages, JSON, commands."""
    Sessions().init_app(app)  # type: ignore[no-untyped-call]  # the library has no types
    init_activity(app)
    app.jinja_env.filters["client_name"] = client_name
    app.register_blueprint(views.bp)
    app.register_blueprint(api.bp)
    for group in (users, tokens, companies, sessions):
        app.cli.add_command(group)
    shell.company_choices(choices_for_admins)
    shell.nav("Platform", "Sessions", "key-round", "accounts.show_sessions", "self")
    shell.nav("Platform", "Settings", "sliders-horizontal", "accounts.show_settings", "self")
    shell.nav("Platform", "Companies", "building-2", "accounts.show_companies", "platform:read")
