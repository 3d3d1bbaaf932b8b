"""The blueprint of all account pages, and what they share."""

from flask import Blueprint, Response, current_app, request, url_for

from app.accounts.principals import client_address
from app.accounts.session_store import Browser
from app.core.auth import principal
from app.core.errors import InvalidInput, Problem, TooManyRequests
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


def retry_later(response: Response, problem: Problem | None) -> Response:
    """Say when another try is let in."""
    if isinstance(problem, TooManyRequests):
        response.headers["Retry-After"] = str(problem.retry_after_s)
    return response


def settings_tabs(current: str) -> list[dict[str, object]]:
    """Return the tabs of the settings this person may open."""
    tabs = (
        ("profile", "You", "accounts.show_settings", "self"),
        ("tokens", "API tokens", "accounts.show_tokens", "tokens:read"),
        ("people", "People", "accounts.show_people", "users:read"),
        ("company", "Company", "accounts.show_company", "company:read"),
        ("companies", "Companies", "accounts.show_companies", "platform:read"),
    )
    who = principal()
    needs_company = {"people", "company"}
    return [
        {"label": label, "href": url_for(endpoint), "current": name == current}
        for name, label, endpoint, permission in tabs
        if (permission == "self" or who.may(permission)) and (who.acting_in is not None or name not in needs_company)
    ]
