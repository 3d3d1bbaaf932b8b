"""What is wrong with one field, as we say it: the one table from Pydantic's error types to our sentences.

Problems, forms and the reports of imports use it alike. A sentence never repeats what was sent.
"""

from collections.abc import Mapping
from typing import Any

SENTENCES = {
    "missing": "This is needed.",
    "extra_forbidden": "This is not known here. Leave it out, or check how it is spelled.",
    "string_type": "Write this as text.",
    "string_unicode": "This holds characters that are not text.",
    "string_too_long": "Write at most {max_length} characters.",
    "string_pattern_mismatch": "This is not written as it must be.",
    "int_type": "Give a whole number.",
    "int_parsing": "Give a whole number, in digits only.",
    "int_parsing_size": "This number is too large.",
    "int_from_float": "Give a whole number, without a fraction.",
    "float_type": "Give a number.",
    "float_parsing": "Give a number, such as 12.5.",
    "decimal_type": "Give a number.",
    "decimal_parsing": "Give a number, such as 12.50.",
    "decimal_max_digits": "Give at most {max_digits} digits.",
    "decimal_max_places": "Give at most {decimal_places} digits after the point.",
    "decimal_whole_digits": "Give at most {whole_digits} digits before the point.",
    "finite_number": "Give a number that has an end.",
    "greater_than": "Give more than {gt}.",
    "greater_than_equal": "Give {ge} or more.",
    "less_than": "Give less than {lt}.",
    "less_than_equal": "Give {le} or less.",
    "bool_type": "Give true or false.",
    "bool_parsing": "Give true or false.",
    "literal_error": "Choose one of {expected}.",
    "enum": "Choose one of {expected}.",
    "list_type": "Give a list.",
    "dict_type": "Give an object with names and values.",
    "model_type": "Give an object with names and values.",
    "model_attributes_type": "Give an object with names and values.",
    "too_long": "Give at most {max_length} of these.",
    "datetime_type": "Give a time, such as 2026-11-20T10:42:08Z.",
    "datetime_parsing": "Give a time, such as 2026-11-20T10:42:08Z.",
    "datetime_object_invalid": "Give a time, such as 2026-11-20T10:42:08Z.",
    "datetime_from_date_parsing": "Give a time, such as 2026-11-20T10:42:08Z.",
    "timezone_naive": "Give the time with its zone, such as 2026-11-20T10:42:08Z.",
    "timezone_aware": "Give the time without a zone.",
    "date_type": "Give a day, such as 2026-11-20.",
    "date_parsing": "Give a day, such as 2026-11-20.",
    "date_from_datetime_parsing": "Give a day, such as 2026-11-20.",
    "date_from_datetime_inexact": "Give a day without a time, such as 2026-11-20.",
}
PATTERNS = {
    r"^[^@\s]+@[^@\s]+$": "Write an e-mail address, such as name@example.com.",
    r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$": "Use 1 to 100 letters, digits, dots, dashes or underscores, and begin with a letter or digit.",
    r"^[A-Z]{3}$": "Write a currency as three capitals, such as GBP.",
    r"^([0-9A-Fa-f]{64})?$": "Write a SHA-256 as 64 hexadecimal digits.",
}
COUNTED = {"List", "Set", "Frozenset", "Tuple", "Dictionary"}
OTHERWISE = "This cannot be used here."


def explain(error: Mapping[str, Any]) -> str:  # Any: Pydantic's ErrorDetails and their context
    """Return the sentence of one error, as `ValidationError.errors()` lists them."""
    kind, told = str(error["type"]), dict(error.get("ctx") or {})
    # A text that passed a check of ours on the way is measured as a list would be.
    if kind in {"too_short", "too_long"} and told.get("field_type") not in COUNTED:
        kind = f"string_{kind}"
    match kind:
        case "value_error" | "assertion_error":
            return say(str(told.get("error") or error["msg"]))
        case "string_too_short" | "too_short" if told.get("min_length") == 1:
            return "This is needed." if kind == "string_too_short" else "Give at least one."
        case "string_too_short":
            return f"Write at least {told['min_length']} characters."
        case "too_short":
            return f"Give at least {told['min_length']} of these."
        case "string_pattern_mismatch":
            return PATTERNS.get(str(told.get("pattern")), SENTENCES[kind])
    told = {name: f"{value:,}" if isinstance(value, int) else value for name, value in told.items()}
    return SENTENCES.get(kind, OTHERWISE).format(**told)


def say(words: str) -> str:
    """Make a sentence of what a check of ours said about a field: `is too short` -> `This is too short.`"""
    text = f"This {words}" if words[:1].islower() else words
    return text if text.endswith((".", "!", "?")) else f"{text}."
