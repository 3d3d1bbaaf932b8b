"""Shape: the base of every Pydantic class that reads or writes JSON and forms."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, StringConstraints
from pydantic.alias_generators import to_camel

from app.core.clock import rfc3339
from app.core.sent import HOLDS_NUL, NUL


def refuse_nul(value: Any) -> Any:  # Any: runs before the type is known
    """PostgreSQL text holds every character but NUL; say so instead of failing later."""
    if isinstance(value, str) and NUL in value:
        raise ValueError(HOLDS_NUL)
    return value


class Shape(BaseModel):
    """camelCase outside, snake_case inside; unknown fields are refused by name."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        str_strip_whitespace=True,
        hide_input_in_errors=True,
        allow_inf_nan=False,
    )


class Answer(BaseModel):
    """What we answer: camelCase, unknown attributes ignored when built from a row."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, from_attributes=True)


Text = Annotated[str, BeforeValidator(refuse_nul), StringConstraints(min_length=1, max_length=200)]
OptionalText = Annotated[str, BeforeValidator(refuse_nul), StringConstraints(max_length=200)]
LongText = Annotated[str, BeforeValidator(refuse_nul), StringConstraints(min_length=1, max_length=5000)]
Instant = Annotated[datetime, PlainSerializer(rfc3339, return_type=str)]
MoneyText = Annotated[Decimal, PlainSerializer(str, return_type=str)]
