"""Acts on what a flag is, in all environments at once."""

from collections.abc import Mapping
from typing import Any

from app.core import clock
from app.core.context import actor
from app.core.db import db, transaction
from app.core.errors import InvalidInput
from app.core.pushed import bump
from app.core.tenancy import current_company_id
from app.flags.engine.model import Algorithm, FlagType, Scope
from app.flags.environments import check_environment, list_environments
from app.flags.load import read_definitions
from app.flags.models import FlagEnvironment, FlagRow
from app.flags.problems import FlagInUse, FlagIsBuiltIn, FlagTaken
from app.flags.reads.detail import FlagDetail, find_flag, is_key
from app.flags.service.changing import (
    check_wanted,
    environment_of,
    find_row,
    lock_flag,
    lock_flags,
    refuse_stale,
    segment_keys,
    touch,
    write_history,
)
from app.flags.service.checks import check_settings, check_storable, check_variant, check_variants, check_whole
from app.flags.service.settings_form import changes_between, normal_settings

JSON = dict[str, Any]
BOOLEAN: Mapping[str, Any] = {"on": True, "off": False}
# Our name of a field → what the row calls it. The names are those of the API, which the history keeps.
COLUMNS = {
    "description": "description", "type": "type", "scope": "scope", "variants": "variants", "onVariant": "on_variant",
    "offVariant": "off_variant", "salt": "salt", "algorithm": "algorithm", "owner": "owner", "tags": "tags",
    "isPermanent": "is_permanent", "metadata": "about",
}  # fmt: skip
FIXED = ("type", "variants", "onVariant", "offVariant", "scope")  # of a flag the product itself asks
RESERVED = frozenset({"new", "segments", "export", "import"})  # their pages would stand in the way of the flag's own
KEY_RULE = "Use 1 to 100 letters, digits, dots, dashes or underscores, and begin with a letter or digit."


def create_flag(
    key: str, fields: JSON | None = None, *, settings: Mapping[str, JSON] | None = None, reason: str = ""
) -> FlagDetail:
    """Make a flag. It is off everywhere until somebody switches it on.

    Args:
        key: What code asks for; it never changes.
        fields: Any of COLUMNS; a flag without variants is a boolean one with on and off.
        settings: Environment → how it answers there (an import); checked once all flags of it are there.
        reason: Why.

    Raises:
        FlagTaken: There is or was such a flag.
        InvalidInput: The key cannot be one.
        WrongVariants: The variants cannot be used.
    """
    if not is_key(key) or key in RESERVED:
        said = f"“{key}” is an address of the console or the API; choose another key." if key in RESERVED else KEY_RULE
        raise InvalidInput(errors=[{"field": "key", "message": said}])
    wanted = {
        "description": "", "type": FlagType.BOOLEAN.value, "scope": Scope.USER.value, "variants": dict(BOOLEAN),
        "onVariant": "on", "offVariant": "off", "salt": key, "algorithm": Algorithm.MURMUR3.value, "owner": "",
        "tags": [], "isPermanent": False, "metadata": {}, **(fields or {}),
    }  # fmt: skip
    check_definition(wanted)
    with transaction():
        lock_flags()
        if find_row(key) is not None:
            raise FlagTaken(key=key)
        revision = bump("flags")
        flag = FlagRow(
            company_id=current_company_id(), key=key, changed_in=revision, version=revision,
            **{COLUMNS[name]: value for name, value in wanted.items()},
        )  # fmt: skip
        db.session.add(flag)
        db.session.flush()
        for environment in list_environments():
            kept = normal_settings((settings or {}).get(environment))
            check_storable(kept)
            db.session.add(
                FlagEnvironment(
                    company_id=flag.company_id,
                    flag_key=key,
                    environment=environment,
                    settings=kept,
                    changed_in=revision,
                    version=revision,
                    changed_by=actor(),
                )
            )
        db.session.flush()
        for environment, kept in (settings or {}).items():
            check_wanted(flag, check_environment(environment), normal_settings(kept), is_waiting=True)
            check_whole(flag.scope, normal_settings(kept))
        changes = {name: [None, value] for name, value in wanted.items() if value not in ("", [], {})}
        write_history(flag, None, revision, "created", changes, reason=reason)
        return find_flag(key, next(iter(settings or {}), None))


def edit_flag(
    key: str, fields: JSON, *, environment: str | None = None, reason: str = "", version: int | None = None
) -> FlagDetail:
    """Change what a flag is.

    Args:
        key: The flag.
        fields: Those of COLUMNS to change.
        environment: Whose version `version` is, and whose settings the answer shows.
        reason: Why.
        version: The version the editor looked at.

    Raises:
        FlagNotFound: There is none.
        FlagIsBuiltIn: The product relies on what it is.
        FlagChanged: It was changed after `version`.
        WrongVariants: The variants cannot be used.
        UnknownVariant: Settings somewhere serve a variant that would be gone.
    """
    environment = check_environment(environment)
    with transaction():
        flag, here = lock_flag(key, environment)
        save_definition(flag, here, fields, act="edited", reason=reason, version=version)
        return find_flag(key, environment)


def save_definition(
    flag: FlagRow, here: FlagEnvironment, fields: JSON, *, act: str, reason: str, version: int | None = None,
    reverts: str | None = None,
) -> None:  # fmt: skip
    """Keep fields of a locked flag that differ; nothing different, nothing happens."""
    before = definition_of(flag)
    changes = changes_between(before, fields)
    if not changes:
        return
    if flag.is_builtin and (fixed := next((name for name in FIXED if name in changes), None)):
        raise FlagIsBuiltIn(key=flag.key, what=fixed)
    refuse_stale(flag, here, version)
    check_definition({**before, **fields})
    for name in changes:
        setattr(flag, COLUMNS[name], fields[name])
    check_users(flag, is_new_scope="scope" in changes)
    revision = bump("flags")
    flag.version = flag.changed_in = revision
    flag.changed_at = clock.now()
    for environment in list_environments():
        touch(environment_of(flag, environment), revision)
    write_history(flag, None, revision, act, changes, reason=reason, reverts=reverts)


def archive_flag(key: str, *, reason: str = "") -> FlagDetail:
    """Take a flag out of use: whoever asks gets their own default. Its revert brings it back.

    Raises:
        FlagNotFound: There is none, or it is archived already.
        FlagIsBuiltIn: The product asks it.
        FlagInUse: Another flag waits for it.
    """
    with transaction():
        flag, _ = lock_flag(key, check_environment(None))
        if flag.is_builtin:
            raise FlagIsBuiltIn(key=key, what="place in the list")
        if users := users_of(key):
            raise FlagInUse(key=key, users=", ".join(users))
        set_archived(flag, is_archived=True, act="archived", reason=reason)
        return find_flag(key, archived=True)


def set_archived(flag: FlagRow, *, is_archived: bool, act: str, reason: str, reverts: str | None = None) -> None:
    """Archive a locked flag, or bring it back."""
    revision = bump("flags")
    flag.archived_at = clock.now() if is_archived else None
    flag.version = flag.changed_in = revision
    for environment in list_environments():
        touch(environment_of(flag, environment), revision)
    changes = {"isArchived": [not is_archived, is_archived]}
    write_history(flag, None, revision, act, changes, reason=reason, reverts=reverts)


def definition_of(flag: FlagRow) -> JSON:
    """Return what a flag is, by our names."""
    return {name: getattr(flag, column) for name, column in COLUMNS.items()}


def check_definition(wanted: JSON) -> None:
    """Refuse a definition that cannot be meant."""
    check_storable(*wanted.values())
    check_variants(wanted["type"], wanted["variants"], wanted["onVariant"], wanted["offVariant"])


def check_users(flag: FlagRow, *, is_new_scope: bool) -> None:
    """Refuse a definition with which some environment's settings, or another flag's prerequisite, make no sense."""
    segments = segment_keys()
    for environment in list_environments():
        kept = normal_settings(environment_of(flag, environment).settings)
        check_settings(kept, flag.variants, segments)
        if is_new_scope:
            check_whole(flag.scope, kept)
        for other in read_definitions(environment).values():
            for one in other.settings.prerequisites:
                if one.flag == flag.key:
                    for variant in one.variants:
                        check_variant(variant, flag.variants)


def users_of(key: str) -> list[str]:
    """Return the flags that wait for this one in any environment."""
    return sorted(
        {
            other.key
            for environment in list_environments()
            for other in read_definitions(environment).values()
            if any(one.flag == key for one in other.settings.prerequisites)
        }
    )
