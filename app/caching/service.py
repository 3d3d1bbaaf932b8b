"""Making bad what is kept: the next read asks the database again. Nothing is deleted, and nothing can be undone."""

from app.accounts.reads import company_ids
from app.caching.events import CachePurged
from app.caching.problems import NothingKept
from app.caching.schemas import Kind
from app.core.cache import namespaces, replace, tags
from app.core.db import transaction
from app.core.outbox import record


def purge(kind: Kind, value: str, *, reason: str) -> bool:
    """Purge; False when Valkey is told later, before anything is read there again.

    Args:
        kind: What `value` names.
        value: A namespace, a company's short name, a table; empty for everything.
        reason: Kept in the audit.

    Raises:
        NothingKept: There is no such thing.
    """
    names = tags_of(kind, value)
    with transaction():
        record(CachePurged(kind=kind, value=value, reason=reason))
    return replace(names)


def tags_of(kind: Kind, value: str) -> list[str]:
    """Return the tags to replace.

    Raises:
        NothingKept: There is no such thing.
    """
    if kind == "everything" and not value:
        return [tags.EVERYTHING]
    if kind == "namespace" and value in namespaces:
        return [tags.of_namespace(value)]
    if kind == "table" and value in tags.watched | tags.watched_anywhere:
        return [tags.tag(tags.ALL, value), tags.tag(tags.ANY, value)]
    if kind == "company" and value:
        found = company_ids([value])
        if found:
            return [tags.of_company(found[value][0])]
    raise NothingKept(kind=kind, value=value)
