"""Mail as jobs. Their titles name people, so only who may see people sees them."""

from typing import Any

from flask import current_app

from app.core.mail import send_mail
from app.core.mailing.bulk import deliver_mailing
from app.core.mailing.letters import write_letter
from app.core.tasks import job
from config import Settings


@job(queue="email", name="mail.send_bulk", permission="users:read", needs=("email",))
def send_bulk(mailing_id: str) -> dict[str, Any]:
    """Send a letter to all its recipients, each once, and say what came of each."""
    tally = deliver_mailing(mailing_id)
    notes = [f"{one['address']}: {one['answer']}" for one in tally.refusals]
    return {"sent": tally.sent, "refused": tally.refused, "unsure": tally.unsure, "notes": notes}


@job(queue="email", name="mail.send", permission="users:read", needs=("email",))
def send_one(to: str, subject: str, template: str, values: dict[str, Any]) -> dict[str, Any]:
    """Send one letter from a template of templates/mail."""
    settings: Settings = current_app.config["SETTINGS"]
    send_mail(write_letter(to, template, subject=subject, **values), settings)
    return {"sent": 1}
