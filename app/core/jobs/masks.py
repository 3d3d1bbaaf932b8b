"""Secrets in arguments: masked before they are stored, for a ledger is read by people."""

import inspect
from typing import Any

from app.core.log_masks import MASK, is_secret


def mask_args(args: dict[str, Any]) -> tuple[dict[str, Any], bool]:  # Any: JSON values
    """Return the arguments without secrets, and whether they are exact: nothing had to be masked."""
    hidden: list[str] = []
    masked = {key: _masked(str(key), value, hidden) for key, value in args.items()}
    return masked, not hidden


def _masked(key: str, value: Any, hidden: list[str]) -> Any:  # Any: JSON in, JSON out
    if is_secret(key) and _is_told(value):
        hidden.append(key)
        return MASK
    if isinstance(value, dict):
        return {inner: _masked(str(inner), kept, hidden) for inner, kept in value.items()}
    if isinstance(value, list | tuple):
        return [_masked("", one, hidden) for one in value]
    return value


def _is_told(value: Any) -> bool:  # Any: JSON
    """Say whether there is anything to hide: a switch or nothing at all is no secret."""
    return value is not None and not isinstance(value, bool) and value not in ("", {}, [])


def refuse_secret_parameters(name: str, signature: inspect.Signature) -> None:
    """Refuse a job that wants a secret as its argument: it would be masked before it could run.

    Raises:
        ValueError: Names the parameter, and what to do instead.
    """
    for parameter in signature.parameters:
        if is_secret(parameter):
            raise ValueError(
                f"job {name!r} takes {parameter!r}, which looks like a secret: arguments are stored and shown. "
                "Pass the id of a row that holds it, and read it inside the job"
            )
