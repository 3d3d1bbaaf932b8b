"""Makes a normalised text one that can be planned: constants that became parameters leave some SQL without sense.

`interval '5 min'` became `interval $1`, `extract(year FROM at)` became `extract($1 FROM at)`, and two equal constants
became `$1` and `$2`, so that `GROUP BY date_trunc($2, at)` no longer names the column `date_trunc($1, at)`.
"""

import re

TYPES = (
    "interval|date|timestamptz|timestamp|timetz|time|bool|boolean|int|integer|bigint|smallint|int2|int4|int8|numeric|"
    "decimal|real|float|float4|float8|double precision|uuid|jsonb|json|inet|cidr|bytea|text|varchar|char|bit|money|xml"
)
ZONE = r"(?:\s+with(?:out)?\s+time\s+zone)?"
TYPED = re.compile(rf"(?<![:\w.])({TYPES})(\s*\(\d+\))?({ZONE})\s*(\$\d+)(?!\w)", re.IGNORECASE)
EXTRACT = re.compile(r"\bextract\s*\(\s*\$\d+\s+from\b", re.IGNORECASE)
BARE = re.compile(r"\$(\d+)(?!\d)(?!\s*::)")
COUNTED = re.compile(r"([-+*/]\s*)\$(\d+)(?!\d)(?!\s*::)")
INNER = re.compile(r"\w+\s*\([^()]*\)")
OUTER = re.compile(r"\w+\s*\((?:[^()]|\([^()]*\))*\)")


def repair_text(text: str) -> str:
    """Mend what can be seen in the text alone: it must parse."""
    text = TYPED.sub(lambda found: f"{found[4]}::{found[1]}{found[2] or ''}{found[3]}", text)
    return EXTRACT.sub("extract(epoch FROM", text)


def cast_parameter(text: str, number: str, to: str) -> str:
    """Say what type a parameter has, wherever nobody said so."""
    return re.sub(rf"\${number}(?!\d)(?!\s*::)", f"${number}::{to}", text)


def cast_all(text: str, to: str) -> str:
    """Say that every parameter has a type, wherever nobody said so."""
    return BARE.sub(rf"$\1::{to}", text)


def cast_counted(text: str) -> str:
    """Say that what is added, taken off or multiplied is a number: `day - $1` would be taken for two days."""
    return COUNTED.sub(r"\1$\2::integer", text)


def cast_next(text: str, at: int, to: str) -> str:
    """Say what type the first parameter from a place on has."""
    found = BARE.search(text, max(at, 0))
    return cast_parameter(text, found[1], to) if found else text


def separate(text: str) -> str:
    """Give each place a parameter of its own: one that stands for two types has none."""
    numbers = iter(range(1, text.count("$") + 1))
    return re.sub(r"\$\d+", lambda _: f"${next(numbers)}", text)


def unite(text: str) -> str:
    """Give equal calls equal parameters: they were one expression, written in two places."""
    for calls in (INNER, OUTER):
        text = _unite(text, calls)
    return text


def _unite(text: str, calls: re.Pattern[str]) -> str:
    first: dict[str, list[str]] = {}

    def name_alike(found: re.Match[str]) -> str:
        shape = re.sub(r"\$\d+", "$", found[0])
        numbers = iter(first.setdefault(shape, re.findall(r"\$\d+", found[0])))
        return re.sub(r"\$\d+", lambda _: next(numbers), found[0])

    return calls.sub(name_alike, text)
