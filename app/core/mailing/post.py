"""One connection to the mail server for many letters, and what it says about each.

The steps of SMTP are taken one by one, because only they tell a letter that was never taken (it may go
again) from one whose receipt was lost (it may not).
"""

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import parseaddr
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit

from app.core import guards
from app.core.mailing.model import RecipientState

TIMEOUT_S = 10
DATA_TIMEOUT_S = 60  # the server may look through the whole letter before it answers
PORTS = {"smtp": 25, "smtps": 465}
TRANSIENT = range(400, 500)


@dataclass(frozen=True)
class Outcome:
    """What came of one letter.

    Attributes:
        answer: The server's own words.
    """

    state: RecipientState
    answer: str = ""


class Post:
    """A mail server, asked through the breaker `email`; it connects when the first letter goes."""

    def __init__(self, smtp_url: str) -> None:
        self.smtp_url = smtp_url
        self._server: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def send(self, message: EmailMessage) -> Outcome:
        """Hand one letter over.

        Raises:
            OSError: There is no server to talk to; nothing was handed over.
            Problem: The server failed a moment ago and is not asked.
        """
        return guards.call("email", self._send, message)

    def _send(self, message: EmailMessage) -> Outcome:
        server = self._connected()
        try:
            refusal = self._ask(server, message)
        except OSError:  # smtplib's errors are OSErrors; before the letter itself, nothing is taken
            self.close()
            raise
        if refusal is not None:
            return refusal
        return self._give(server, message)

    def _ask(self, server: smtplib.SMTP, message: EmailMessage) -> Outcome | None:
        """Name sender and recipient; return the server's refusal, None when it wants the letter."""
        sender, to = parseaddr(str(message["From"]))[1], parseaddr(str(message["To"]))[1]
        code, words = server.mail(sender)
        if code < TRANSIENT.start:
            code, words = server.rcpt(to)
        if code < TRANSIENT.start:
            return None
        server.rset()
        return _refusal(code, words)

    def _give(self, server: smtplib.SMTP, message: EmailMessage) -> Outcome:
        """Give the letter itself. When the receipt is lost, nobody knows, and it is not given again."""
        if server.sock is not None:
            server.sock.settimeout(DATA_TIMEOUT_S)
        try:
            code, words = server.data(message.as_bytes())
        except smtplib.SMTPDataError as error:  # refused before the letter was given
            server.rset()
            return _refusal(error.smtp_code, error.smtp_error)
        except OSError as error:
            self.close()
            return Outcome(RecipientState.UNSURE, f"The mail server took it and did not answer ({error}).")
        if code >= TRANSIENT.start:
            return _refusal(code, words)
        return Outcome(RecipientState.SENT, _spell(code, words))

    def _connected(self) -> smtplib.SMTP:
        if self._server is None:
            self._server = connect(self.smtp_url)
        return self._server

    def close(self) -> None:
        """Hang up."""
        if self._server is not None:
            self._server.close()
            self._server = None


def connect(smtp_url: str) -> smtplib.SMTP:
    """Return a connection that is ready for letters: encrypted where the server can, signed in where asked."""
    address = urlsplit(smtp_url)
    host, port = address.hostname or "127.0.0.1", address.port or PORTS[address.scheme]
    context = ssl.create_default_context()
    server = (
        smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_S, context=context)
        if address.scheme == "smtps"
        else smtplib.SMTP(host, port, timeout=TIMEOUT_S)
    )
    try:
        server.ehlo()
        if address.scheme == "smtp" and server.has_extn("starttls"):
            server.starttls(context=context)
            server.ehlo()
        if address.username:
            server.login(unquote(address.username), unquote(address.password or ""))
    except BaseException:
        server.close()
        raise
    return server


def _refusal(code: int, words: bytes | str) -> Outcome:
    state = RecipientState.WAITING if code in TRANSIENT else RecipientState.REFUSED
    return Outcome(state, _spell(code, words))


def _spell(code: int, words: bytes | str) -> str:
    text = words.decode(errors="replace") if isinstance(words, bytes) else words
    return f"{code} {' '.join(text.split())}"[:500]
