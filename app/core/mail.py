"""Mail: by SMTP when SMTP_URL is set, else into files of the home, which is said where mail is asked for."""

import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path
from urllib.parse import unquote, urlsplit

from app.core import guards
from app.core.embedded.keys import write_private
from app.core.ids import new_ulid
from config import Settings

TIMEOUT_S = 10
PORTS = {"smtp": 25, "smtps": 465}


@dataclass(frozen=True)
class Mail:
    """One plain-text mail. The text is kept out of logs: it may hold a link that opens something."""

    to: str
    subject: str
    text: str = field(repr=False)


def send_mail(mail: Mail, settings: Settings) -> None:
    """Send a mail, waiting for the server's answer. Call it from a job.

    Raises:
        OSError, smtplib.SMTPException: The server does not take it; the job tries again.
        Problem: The server failed a moment ago and is not asked; the job waits.
    """
    message = compose(mail, settings.mail_from)
    if settings.smtp_url is None:
        write_mail(message, mail_folder(settings))
        return
    guards.call("email", hand_over, message, settings.smtp_url.get_secret_value())


def hand_over(message: EmailMessage, smtp_url: str) -> None:
    """Give a message to the mail server."""
    address = urlsplit(smtp_url)
    host, port = address.hostname or "127.0.0.1", address.port or PORTS[address.scheme]
    context = ssl.create_default_context()
    with (
        smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_S, context=context)
        if address.scheme == "smtps"
        else smtplib.SMTP(host, port, timeout=TIMEOUT_S)
    ) as server:
        server.ehlo()
        if address.scheme == "smtp" and server.has_extn("starttls"):
            server.starttls(context=context)
            server.ehlo()
        if address.username:
            server.login(unquote(address.username), unquote(address.password or ""))
        server.send_message(message)


def compose(mail: Mail, sender: str) -> EmailMessage:
    """Return the message as it is sent."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, mail.to, mail.subject
    message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain="quarterdeck")
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    return message


def mail_folder(settings: Settings) -> Path:
    """Return where mail goes without a mail server."""
    return settings.quarterdeck_home / "mail"


def write_mail(message: EmailMessage, folder: Path) -> Path:
    """Write a mail into a file that only we can read; return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    path = folder / f"{new_ulid()}.eml"
    write_private(path, message.as_string())
    return path
