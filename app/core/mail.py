"""Mail: by SMTP when SMTP_URL is set, else into files of the home, which is said where mail is asked for."""

import mimetypes
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path

from app.core import guards
from app.core.embedded.keys import write_private
from app.core.ids import new_ulid
from app.core.mailing.post import connect
from config import Settings


@dataclass(frozen=True)
class Mail:
    """One mail. The text is kept out of logs: it may hold a link that opens something.

    Attributes:
        html: The same as HTML, for readers that show it; empty for none.
        attachments: Shown name and file of each.
    """

    to: str
    subject: str
    text: str = field(repr=False)
    html: str = field(repr=False, default="")
    attachments: tuple[tuple[str, Path], ...] = ()


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
    with connect(smtp_url) as server:
        server.send_message(message)


def compose(mail: Mail, sender: str) -> EmailMessage:
    """Return the message as it is sent."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, mail.to, mail.subject
    message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain="quarterdeck")
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    if mail.html:
        message.add_alternative(mail.html, subtype="html")
    for name, path in mail.attachments:
        kind, _, subkind = (mimetypes.guess_type(name)[0] or "application/octet-stream").partition("/")
        message.add_attachment(path.read_bytes(), maintype=kind, subtype=subkind, filename=name)
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
