"""Who a question is about when nobody says: who asks here and now, in a request, a job or a command."""

from collections.abc import Iterator, Mapping
from typing import Any

from flask import current_app, g, has_app_context, has_request_context
from sqlalchemy.exc import SQLAlchemyError

from app.accounts import reads
from app.core.auth import Principal, maybe_principal
from app.core.context import actor
from app.core.ids import CompanyId
from app.core.installation import installation_id
from app.core.tenancy import acting_for, current_scope
from config import Settings

SLUGS = "quarterdeck-flag-slugs"
Attributes = dict[str, Any]  # Any: attributes of any type


class Asking(Mapping[str, Any]):
    """The context of here and now, found out when a flag first looks at it: a global flag never does."""

    __slots__ = ()

    def __getitem__(self, name: str) -> Any:  # Any: an attribute of any type
        return current_context()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(current_context())

    def __len__(self) -> int:
        return len(current_context())


ASKING = Asking()


def current_context() -> Attributes:
    """Return who asks here and now; what is about nobody has only environment and release.

    `targetingKey` and `user` are the user's public id, `company` the short name of the company acted in.
    """
    if not has_app_context():
        return {}
    if not has_request_context():
        return _of_job()
    try:
        who = maybe_principal()
    except SQLAlchemyError:  # who asks cannot be known now; the flag still answers
        return _surroundings()
    if g.get("flags_asker") is None or g.flags_asker[0] is not who:
        g.flags_asker = who, _of_request(who)
    found: Attributes = g.flags_asker[1]
    return found


def _of_request(who: Principal | None) -> Attributes:
    if who is None:
        return _surroundings()
    found = {"targetingKey": who.public_id, "user": who.public_id, "role": who.role.value, **_surroundings()}
    if who.acting_in is not None:
        found["company"] = who.acting_in.slug
    return found


def _of_job() -> Attributes:
    """A job and a command act in a company, in the name of somebody or of the system."""
    found, user, company_id = _surroundings(), actor().get("id"), current_scope().company_id
    if isinstance(user, str) and user:
        found |= {"targetingKey": user, "user": user}
    if company_id is not None and (slug := _slug_of(company_id)):
        found["company"] = slug
    return found


def _slug_of(company_id: CompanyId) -> str | None:
    """Return a company's short name, read once per process: short names do not change."""
    slugs: dict[CompanyId, str | None] = current_app.extensions.setdefault(SLUGS, {})
    if company_id not in slugs:
        try:
            with acting_for(company_id):
                slugs[company_id] = None if company_id == installation_id() else reads.own_company().slug
        except SQLAlchemyError:
            return None
    return slugs[company_id]


def _surroundings() -> Attributes:
    settings: Settings = current_app.config["SETTINGS"]
    return {"environment": settings.flags_environment, "release": settings.release}
