"""The environments a flag can be set in, and the one this installation answers from."""

from flask import current_app

from app.flags.problems import UnknownEnvironment
from config import Settings


def list_environments() -> list[str]:
    """Return every environment."""
    settings: Settings = current_app.config["SETTINGS"]
    return settings.environments_of_flags


def check_environment(name: str | None) -> str:
    """Return the environment meant: the installation's own when none is named.

    Raises:
        UnknownEnvironment: There is none of that name.
    """
    settings: Settings = current_app.config["SETTINGS"]
    if name is None or name == settings.flags_environment:
        return settings.flags_environment
    if name not in settings.environments_of_flags:
        raise UnknownEnvironment(environment=name[:60], known=", ".join(settings.environments_of_flags))
    return name
