"""Mails with a link. The link's secret is made when the mail is written, so no queue ever holds it."""

from typing import Any

from flask import current_app

from app.accounts.service import invitations, passwords
from app.core.mail import Mail, send_mail
from app.core.tasks import job
from config import Settings


@job(queue="email", name="accounts.send_reset", permission="users:read", needs=("email",))
def send_reset(reset_id: str) -> dict[str, Any]:
    """Mail a link for a new password."""
    settings: Settings = current_app.config["SETTINGS"]
    return deliver(passwords.write_reset(reset_id, settings.base_url), settings)


@job(queue="email", name="accounts.send_invitation", permission="users:read", needs=("email",))
def send_invitation(invitation_id: str) -> dict[str, Any]:
    """Mail an invitation."""
    settings: Settings = current_app.config["SETTINGS"]
    return deliver(invitations.write_invitation(invitation_id, settings.base_url), settings)


def deliver(mail: Mail | None, settings: Settings) -> dict[str, Any]:
    """Send a mail, unless its link is no longer wanted."""
    if mail is not None:
        send_mail(mail, settings)
    return {"sent": mail is not None}
