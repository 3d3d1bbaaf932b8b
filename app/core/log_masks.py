"""What must not be read in a log: which keys name it, and what it looks like inside a text."""

import re
from typing import Any

MASK = "•••"
# One list of what is a secret, for logs and for the stored arguments of jobs (app/core/jobs/masks.py).
SECRETS = {
    "password", "passwd", "passphrase", "secret", "token", "cookie", "authorization", "session_id", "api_key", "apikey",
    "access_key", "private_key", "credential", "credentials", "ticket",
}  # fmt: skip
SECRET_ENDS = ("_password", "_secret", "_token", "_cookie", "_api_key", "_access_key", "_private_key", "_credentials")
MASKED = SECRETS | {"email", "code"}
MASKED_ENDS = (*SECRET_ENDS, "_email")
TEXTS = ("event", "exception", "error", "reason")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[-\s]+")
SECRET_TEXT = re.compile(r"(?<=://)[^/\s:@]*:[^/\s@]+(?=@)|(?<=Bearer )\S+|\bqd_\w{8,}")
# From here on PostgreSQL quotes the row it met, and SQLAlchemy what was sent.
_DATA = re.compile(r"\s*(?:DETAIL:|CONTEXT:|QUERY:|\[SQL:|\[parameters:|\(Background on this error).*", re.DOTALL)
_QUOTED = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"|“[^”\n]*”|`[^`\n]*`")
_MAIL = re.compile(r"[\w.+%-]{1,64}@[\w-]+(?:\.[\w-]+)+")
_QUERY = re.compile(r"(?<=\?)[^\s?=]*=\S*")
Event = dict[str, Any]  # Any: an event holds whatever its writer gives it


def is_masked(key: str) -> bool:
    """Say whether a key names something that must not be read in a log."""
    return key in MASKED or key.endswith(MASKED_ENDS)


def is_secret(key: str) -> bool:
    """Say whether a key names a secret, however it is spelled: `apiKey`, `X-Api-Key`, `api_key`."""
    spelled = _HUMP.sub("_", key).lower()
    return spelled in SECRETS or spelled.endswith(SECRET_ENDS)


def mask(logger: object, method: str, event: Event) -> Event:
    """Replace the values of secret keys, also one level down, and secrets inside the text of warnings and errors."""
    for key, value in event.items():
        if is_masked(key):
            event[key] = MASK
        elif isinstance(value, dict):
            event[key] = {inner: MASK if is_masked(str(inner)) else kept for inner, kept in value.items()}
    # Searching every line would cost ten times what masking keys does; texts of others stand in these alone.
    if event.get("level") in {"warning", "error", "critical"} or "error" in event:
        for key in TEXTS:
            if isinstance(event.get(key), str):
                event[key] = SECRET_TEXT.sub(MASK, event[key])
        for key in ("error", "reason"):
            if isinstance(event.get(key), str):
                event[key] = without_data(event[key])
    return event


def without_data(text: str) -> str:
    """Return what a server or a library said without what it quotes: rows, parameters, addresses, questions asked."""
    text = _QUOTED.sub("'…'", _DATA.sub("", text))
    return SECRET_TEXT.sub(MASK, _QUERY.sub("…", _MAIL.sub(MASK, text))).strip()
