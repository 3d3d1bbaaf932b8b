"""The settings of the app that runs here, for services, which never meet the web framework themselves."""

from flask import current_app

from config import Settings


def current_settings() -> Settings:
    """Return the settings of this app."""
    found: Settings = current_app.config["SETTINGS"]
    return found
