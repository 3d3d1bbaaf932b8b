"""Acts on a flag's definition and its settings in one change of the database."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from app.core.db import transaction
from app.flags.engine.model import FlagType
from app.flags.environments import check_environment
from app.flags.reads.detail import FlagDetail, find_flag
from app.flags.service.changing import find_row, lock_flag, lock_flags, save_settings
from app.flags.service.definitions import create_flag, edit_flag, set_archived
from app.flags.service.settings import set_settings
from app.flags.service.settings_form import normal_settings

JSON = dict[str, Any]


def configure_flag(
    key: str, definition: JSON, settings: JSON, *, environment: str | None = None, reason: str = "",
    version: int | None = None,
) -> FlagDetail:  # fmt: skip
    """Change what a flag is and how it answers in an environment; the version is asked before either.

    Raises:
        FlagChanged: It was changed after `version`.
    """
    with transaction():
        lock_flags()
        if definition:
            before = find_flag(key, environment).version
            edited = edit_flag(key, definition, environment=environment, reason=reason, version=version)
            if edited.version != before:
                version = edited.version
        if settings:
            return set_settings(key, settings, environment=environment, reason=reason, version=version)
        return find_flag(key, environment)


@dataclass
class Imported:
    """What an import did, by flag."""

    created: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)


def import_flags(flags: Iterable[JSON], *, environment: str | None = None, reason: str = "") -> Imported:
    """Make or change flags as a document says them, all or none; lists and other flags stay as they are.

    Args:
        flags: Fields of each, as app/flags/flagd reads them: `settings` are those of `environment`.
        environment: None means this installation's.
        reason: Why.
    """
    environment = check_environment(environment)
    done = Imported()
    with transaction():
        lock_flags()
        for one in flags:
            done_to(one, environment, reason, done)
    return done


def done_to(one: JSON, environment: str, reason: str, done: Imported) -> None:
    """Make or change one flag of a document."""
    key, definition, settings = one["key"], definition_of_document(one), normal_settings(one["settings"])
    row = find_row(key)
    if row is None:
        create_flag(key, definition, settings={environment: settings}, reason=reason)
        done.created.append(key)
        return
    if row.archived_at is not None:
        set_archived(row, is_archived=False, act="imported", reason=reason)
    before = row.version, find_flag(key, environment).version
    edit_flag(key, definition, environment=environment, reason=reason)
    flag, here = lock_flag(key, environment)
    save_settings(flag, here, settings, act="imported", reason=reason)
    (done.unchanged if (flag.version, here.version) == before else done.changed).append(key)


def definition_of_document(one: JSON) -> JSON:
    """Return a read flag's definition by our names."""
    return {
        "type": one["type"] or FlagType.BOOLEAN.value, "variants": one["variants"], "onVariant": one["on_variant"],
        "offVariant": one["off_variant"], "scope": one["scope"], "salt": one["salt"], "algorithm": one["algorithm"],
        "metadata": one["metadata"],
    }  # fmt: skip
