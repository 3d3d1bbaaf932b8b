"""A letter from a template: `templates/mail/<name>.txt` and `.html`, which say the same."""

from typing import Any

from flask import current_app

from app.core.mail import Mail
from config import Settings


def write_letter(to: str, template: str, *, subject: str, **values: Any) -> Mail:  # Any: what the template shows
    """Return a mail in plain text and HTML.

    Args:
        to: The address.
        template: The name below templates/mail.
        subject: One line; what breaks lines in it is taken out, so that it cannot begin another header.
        **values: What the template shows; the HTML escapes it.
    """
    settings: Settings = current_app.config["SETTINGS"]
    # Not render_template: a job has no reader, and what pages know of theirs must not stand in a mail.
    pages = [current_app.jinja_env.get_template(f"mail/{template}.{kind}") for kind in ("txt", "html")]
    subject = " ".join(subject.split())
    text, html = (page.render(subject=subject, base_url=settings.base_url, **values) for page in pages)
    return Mail(to=to, subject=subject, text=text.strip() + "\n", html=html)
