"""The blueprint of all account pages, and what they share."""

from flask import Blueprint, current_app, request

from app.accounts.principals import client_address
from app.accounts.session_store import Browser
from app.core.errors import InvalidInput
from config import Settings

bp = Blueprint("accounts", __name__)


def browser() -> Browser:
    """Return what a session remembers of this browser."""
    return Browser(ip=client_address(), user_agent=request.headers.get("User-Agent", ""))


def app_settings() -> Settings:
    """Return the app's settings."""
    settings: Settings = current_app.config["SETTINGS"]
    return settings


def field_errors(problem: InvalidInput) -> dict[str, str]:
    """Return what is wrong by field, as the form macros show it."""
    return {error["field"]: error["message"] for error in problem.errors}
