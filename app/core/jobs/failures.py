"""What an exception leaves behind: its type, its text, its traceback, and what it has in common with others."""

import hashlib
import re
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from celery.exceptions import SoftTimeLimitExceeded

from app.core.errors import Problem
from app.core.log_masks import MASK, SECRET_TEXT

ROOT = Path(__file__).resolve().parents[3]
ERROR_LENGTH = 2000
TRACEBACK_BYTES = 20_000
FRAMES = 3
# Ids, figures, and where something was, differ from one failure to the next of the same kind. The order matters: a mail
# address ends like a host, and a path may hold both.
_SUFFIXES = "py|html|css|js|json|csv|xlsx|pdf|png|jpg|jpeg|txt|zip|gz|zst|sql|log|toml|yaml|yml|xml|md|so|tmp"
_FOLDS = tuple(
    (re.compile(pattern), word)
    for pattern, word in (
        (r"\b(?:[0-9A-HJKMNP-TV-Z]{26}|[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}|0x[0-9a-fA-F]+|[0-9a-f]{12,})\b", "ID"),
        (r"'[^']*'|\"[^\"]*\"|“[^”]*”|`[^`]*`", "'…'"),
        (r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+", "MAIL"),
        # IPv6: two colons beside each other or eight groups, maybe in brackets and with a port.
        (
            (
                r"\[?(?<![\w:])(?:(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|(?:[0-9a-fA-F]{1,4}(?::[0-9a-fA-F]{1,4})*)?"
                r"::(?:[0-9a-fA-F]{1,4}(?::[0-9a-fA-F]{1,4})*)?)(?:%\w+)?(?![\w:])\]?(?::\d+)?"
            ),
            "HOST",
        ),
        # Names of hosts are small letters with dots; the name of a file or of a class is none.
        (
            (
                r"(?:(?<=://)|(?<![\w./-]))(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+"
                rf"(?!(?:{_SUFFIXES})\b)[a-z]{{2,}}\b(?!\(|\.\w)(?::\d+)?"
            ),
            "HOST",
        ),
        (r"\blocalhost(?::\d+)?\b", "HOST"),
        (r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])(?::\d+)?", "HOST"),
        (r"\d+(?:[.,:]\d+)*", "N"),
    )
)


@dataclass(frozen=True)
class Failure:
    """One accident, as it is kept.

    Attributes:
        error: A line for people.
        error_type: The exception's class; a Problem's code.
        traceback: At most 20 kB, without secrets; "" for an answer that is no accident.
        signature: Equal for failures of the same kind.
        is_answer: True when trying again would only get the same answer.
    """

    error: str
    error_type: str = ""
    traceback: str = ""
    signature: str = ""
    is_answer: bool = False


def failure_of(name: str, error: BaseException) -> Failure:
    """Describe why a job of this name failed."""
    if isinstance(error, Problem):
        kind, text, trace = error.code, error.sentence, ""
    else:
        kind, text = type(error).__name__, _text_of(error)
        trace = _cut(SECRET_TEXT.sub(MASK, "".join(traceback.format_exception(error))))
    text = SECRET_TEXT.sub(MASK, text)[:ERROR_LENGTH]
    return Failure(text, kind, trace, sign(name, kind, text, _frames(error.__traceback__)), isinstance(error, Problem))


def _text_of(error: BaseException) -> str:
    if isinstance(error, SoftTimeLimitExceeded):
        return "It took longer than its time limit and was interrupted."
    return f"{type(error).__name__}: {error}"


def lost(name: str, text: str) -> Failure:
    """Describe a job whose worker was lost."""
    return Failure(text, "WorkerLost", "", sign(name, "WorkerLost", "", []))


def sign(name: str, kind: str, text: str, frames: list[str]) -> str:
    """Return the signature: job, kind, where in our code, and the text without what changes each time."""
    parts = [name, kind, *frames, generalise(text)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def generalise(text: str) -> str:
    """Replace ids, quoted values, hosts, addresses and numbers by what they are."""
    for pattern, word in _FOLDS:
        text = pattern.sub(word, text)
    return text


def _frames(trace: TracebackType | None) -> list[str]:
    """Return our innermost functions, without line numbers: a release moves lines, not faults."""
    ours = [f"{path.relative_to(ROOT)}:{function}" for path, function in _walk(trace) if path.is_relative_to(ROOT)]
    return [one for one in ours if "site-packages" not in one][-FRAMES:]


def _walk(trace: TracebackType | None) -> Iterator[tuple[Path, str]]:
    while trace is not None:
        code = trace.tb_frame.f_code
        yield Path(code.co_filename), code.co_qualname
        trace = trace.tb_next


def _cut(text: str) -> str:
    """Keep the beginning and the end, where the cause stands."""
    raw = text.encode()
    if len(raw) <= TRACEBACK_BYTES:
        return text
    half = TRACEBACK_BYTES // 2 - 20
    return raw[:half].decode(errors="ignore") + "\n  … cut …\n" + raw[-half:].decode(errors="ignore")
