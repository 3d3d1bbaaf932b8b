"""What the environment says beside the settings' values: names nobody knows, values told twice, what only development may have."""

from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches

OUR_PREFIX = "QUARTERDECK_"
OURS = {"QUARTERDECK_ENV", "QUARTERDECK_HOME"}
INTERNAL = {"QUARTERDECK_SUPERVISOR"}  # how bin/up knows its own children
# As near as one letter too many, missing or swapped. Names of others are farther off (DATABASE_ADMIN_URL, AWS_PROFILE).
NEAR = 0.88
OFF = {"0", "false", "no"}  # how Flask reads FLASK_DEBUG


def find_misnamed(environ: Mapping[str, str], known: Collection[str]) -> Iterator[str]:
    """Give names that are no setting, and are meant to be one: ours by their prefix, others by how near they come.

    Args:
        environ: The environment of this process; most of its names are not ours.
        known: Every setting's name.
    """
    unknown = sorted(name for name in environ if name.startswith(OUR_PREFIX) and name not in OURS | INTERNAL)
    if unknown:
        yield f"{', '.join(unknown)}: no such setting; known are {', '.join(sorted(OURS))}"
    # A name of one word (PORT) is near to too many.
    long = [f"{name}{end}" for name in known if "_" in name for end in ("", "_FILE")]
    for name in sorted(environ):
        if name.upper() in known or name.upper() in long or name.startswith(OUR_PREFIX) or not environ[name]:
            continue
        if near := get_close_matches(name.upper(), long, 1, NEAR):
            yield f"{name}: no such setting; write {near[0]}, or remove it"


def find_contested(environ: Mapping[str, str], known: Collection[str]) -> Iterator[str]:
    """Give settings that are told twice: one of the two would be ignored without a word."""
    for name in sorted(known):
        if environ.get(name) and environ.get(f"{name}_FILE"):
            yield f"{name} and {name}_FILE are both set; keep one of them"


def find_unsafe(environ: Mapping[str, str]) -> Iterator[str]:
    """Give what is read elsewhere, by Flask and by the limits, and may not be so where people work."""
    environment = environ.get("QUARTERDECK_ENV", "")
    debug = environ.get("FLASK_DEBUG", "")
    if environment in {"staging", "production"} and debug and debug.lower() not in OFF:
        yield f"FLASK_DEBUG={debug} shows code and values to whoever meets an error; remove it in {environment}"
    if environment == "production" and environ.get("LIMIT_AUTH", "").strip().lower() == "off":
        yield "LIMIT_AUTH=off lets anybody try passwords without end; write it like 5/15min in production"
