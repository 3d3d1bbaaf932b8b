"""What clients may send that cannot be used at all, whatever it is for: it is refused here, before anybody works on it."""

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from app.core.errors import InvalidInput

NUL = "\x00"
HOLDS_NUL = "contains the NUL character, which cannot be stored"


def host_of(origin: str) -> str | None:
    """Return the host, with its port, that an Origin names; None for one that names none or cannot be read."""
    try:
        return urlsplit(origin).netloc or None
    except ValueError:  # such as http://[
        return None


def refuse_nul_in(fields: Mapping[str, Iterable[str]]) -> None:
    """PostgreSQL text holds every character but NUL, so nothing that is stored or looked for can have one.

    Args:
        fields: What was sent, by the name of its field.

    Raises:
        InvalidInput: Some of it holds NUL, or the name does.
    """
    odd = [name for name, values in fields.items() if NUL in name or any(NUL in value for value in values)]
    if odd:
        said = f"This {HOLDS_NUL}."
        raise InvalidInput(errors=[{"field": name.replace(NUL, "\\0"), "message": said} for name in odd])
