"""Bodies and queries that a declared shape accepts, with given values wherever a name fits."""

from functools import cache
from typing import Any

from pydantic import BaseModel

Schema = dict[str, Any]
WORDS = {"date-time": "2026-11-20T10:00:00Z", "date": "2026-11-20", "uri": "https://partner.example/"}


@cache
def schema_of(model: type[BaseModel]) -> Schema:
    """Return the JSON schema of a shape."""
    return model.model_json_schema(by_alias=True)


def fill(model: type[BaseModel], known: dict[str, Any], *, is_whole: bool) -> dict[str, Any]:
    """Return a value of a shape: every field, or only those it needs and those that are known.

    Args:
        model: The shape.
        known: A value by the name of a field, at any depth.
        is_whole: Every field.
    """
    schema = schema_of(model)
    made: dict[str, Any] = sample(schema, schema.get("$defs", {}), known, is_whole)
    return made


def sample(schema: Schema, defined: dict[str, Schema], known: dict[str, Any], is_whole: bool, name: str = "") -> Any:
    """Return a value of a schema."""
    if name in known:
        return known[name]
    if "$ref" in schema:
        return sample(defined[schema["$ref"].rpartition("/")[2]], defined, known, is_whole, name)
    for kind in ("anyOf", "oneOf", "allOf"):
        if schema.get(kind):
            return sample(schema[kind][0], defined, known, is_whole, name)
    if "const" in schema or "enum" in schema:
        return schema.get("const", (schema.get("enum") or [None])[0])
    match schema.get("type"):
        case "object":
            needed = schema.get("required", [])
            kept = {
                key: one
                for key, one in schema.get("properties", {}).items()
                if is_whole or key in needed or key in known
            }
            return {key: sample(one, defined, known, is_whole, key) for key, one in kept.items()}
        case "array":
            return [sample(schema.get("items", {}), defined, known, is_whole, name.removesuffix("s"))]
        case "integer" | "number":
            return max(1, schema.get("minimum", 1))
        case "boolean":
            return True
        case "null":
            return None
    return WORDS.get(schema.get("format", ""), "sample")
