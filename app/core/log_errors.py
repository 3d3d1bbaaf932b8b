"""An exception as a log may tell it: its type, its way through the code, and of its text what stands in that code.

A text is a sentence somebody wrote with somebody's data inside: `no order "Iris Berg, Hill Road 5"`. Which words are
data cannot be told from the text. It can be told from the code it came through: words that stand there are no data.
What a job failed with is kept in full beside the job, where its own company alone reads it.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from traceback import StackSummary, walk_tb
from types import CodeType, TracebackType
from typing import Any

from app.core.log_masks import Event

ROOT = f"{Path(__file__).resolve().parents[2]}/"
CAUSES = 5
_WORD = re.compile(r"\w+")
_GAP = re.compile(r"…(?:[^\w\n()\[\]]*…)+")
# What Python, PostgreSQL and the network say of themselves; none of it is anybody's data.
ORDINARY = frozenset(
    "a an and are argument arguments as at attribute base be been by callable cannot closed connection could database "
    "dict division does expected extra failed fields for found from function get given got has have host in index "
    "int integer invalid is item iterable key keys like list literal long many match max maximum maybe missing module "
    "must name named no None not object of on only open operand operation or out outside permission denied position "
    "positional property range read reached refused required server set size slice str string subscriptable supported "
    "takes than that the time timed timeout to too tuple type types unexpected unhashable unknown unpack unsupported "
    "value values was were when while with without write wrong zero".split()
)


def add_error(logger: object, method: str, event: Event) -> Event:
    """Put the exception into the event as a text, without anybody's data."""
    given = event.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    error = given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["exception"] = describe_error(error)
    return event


def describe_error(error: BaseException) -> str:
    """Return an exception and what caused it, innermost last; each with where it came through."""
    known = set(ORDINARY)
    chain = list(_chain(error))
    for one in chain:
        for code in _codes(one.__traceback__):
            known |= words_of(code)
    return "\nthen\n".join(f"{_stack(one.__traceback__)}{name_of(one)}: {told(one, known)}" for one in reversed(chain))


def told(error: BaseException, known: set[str]) -> str:
    """Return the text of an exception, its unknown words left out; of PostgreSQL's the facts it gives beside its text."""
    origin = getattr(error, "orig", error)
    diag = getattr(origin, "diag", None)
    if diag is not None:
        names = ("sqlstate", "schema_name", "table_name", "column_name", "constraint_name")
        facts = [f"{name.removesuffix('_name')} {value}" for name in names if (value := getattr(diag, name, None))]
        return " ".join([*([] if origin is error else [name_of(origin)]), ", ".join(facts)])
    return without_unknown(str(error), known)


def without_unknown(text: str, known: set[str]) -> str:
    """Replace every word that is not known by dots."""
    return _GAP.sub("…", _WORD.sub(lambda found: found[0] if found[0] in known else "…", text))[:2000]


def words_of(code: CodeType) -> set[str]:
    """Return the words that stand in a function: its names and its texts."""
    texts = [*code.co_names, *code.co_varnames, *_texts(code.co_consts)]
    return {word for text in texts for word in _WORD.findall(text)}


def name_of(error: BaseException) -> str:
    """Return the name of an exception's class, with its module."""
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _texts(values: tuple[Any, ...]) -> Iterator[str]:  # Any: constants of a function
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, tuple | frozenset):
            yield from _texts(tuple(value))


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    found: BaseException | None = error
    while found is not None and found not in seen and len(seen) < CAUSES:
        seen.append(found)
        yield found
        found = found.__cause__ or (None if found.__suppress_context__ else found.__context__)


def _codes(trace: TracebackType | None) -> Iterator[CodeType]:
    for frame, _ in walk_tb(trace):
        yield frame.f_code


def _stack(trace: TracebackType | None) -> str:
    """Return a line a frame; of our own code with what stands there."""
    lines = []
    for frame in StackSummary.extract(walk_tb(trace)):
        is_ours = frame.filename.startswith(ROOT) and "site-packages" not in frame.filename
        place = frame.filename.removeprefix(ROOT).rpartition("site-packages/")[2]
        lines.append(f"{place}:{frame.lineno} {frame.name}" + (f": {frame.line}" if is_ours else ""))
    return "".join(f"{line}\n" for line in lines)
