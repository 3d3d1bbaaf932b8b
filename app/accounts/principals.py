"""From a cookie, a token or a socket ticket to a principal; and whether principals are still what they were."""

from collections.abc import Iterable
from dataclasses import replace

from flask import Request, current_app, request

from app.accounts import gate
from app.accounts.activity import note_use
from app.accounts.gate import Person, SessionFound, TokenFound
from app.accounts.secrets import is_session_id, is_token
from app.accounts.sessions import current_session
from app.accounts.tickets import read_ticket
from app.core.access import Role, access_of
from app.core.auth import Company, Principal, authenticator
from app.core.errors import NotFound

BEARER = "Bearer "


@authenticator
def authenticate(asking: Request) -> Principal | None:
    """Return who sends a request: by API token when one is sent, else by session cookie."""
    header = asking.headers.get("Authorization", "")
    if not header and "X-API-Key" in asking.headers:
        header = BEARER + asking.headers["X-API-Key"]
    if header:
        who = principal_for_token(header.removeprefix(BEARER)) if header.startswith(BEARER) else None
    else:
        live = current_session().live
        who = principal_of_session(live) if live else None
        if live is not None and asking.headers.get("X-Live") != "1":
            # A page that refreshes itself says so; only people keep a session alive.
            note_use("session", live.id, live.seen_s)
    if who is not None and asking.path.startswith("/api/") and asking.args.get("companyId"):
        return who if is_refused(who, asking) else within(who, asking.args["companyId"])
    return who


def is_refused(who: Principal, asking: Request) -> bool:
    """Say whether it is about the installation and not theirs to ask: 403, whichever company they name."""
    access = access_of(current_app, asking.endpoint)
    return access is not None and access.installation and not who.may(access.permission)


def within(who: Principal, slug: str) -> Principal:
    """Return the principal acting in the company a script named.

    Raises:
        NotFound: There is none, or it is not theirs.
    """
    if who.company is not None:
        if who.company.slug != slug:
            raise NotFound
        return who
    company = gate.find_company(slug)
    if company is None:
        raise NotFound
    return replace(who, acting_in=company)


def principal_for_cookie(session_id: str) -> Principal | None:
    """Return whose session cookie this is, while it is good."""
    found = gate.find_session(session_id) if is_session_id(session_id) else None
    return principal_of_session(found) if found is not None and found.ended is None else None


def principal_for_token(text: str) -> Principal | None:
    """Return whose API token this is, while it is good."""
    found = gate.find_token(text) if is_token(text) else None
    if found is None or found.ended is not None:
        return None
    note_use("token", found.id, found.seen_s)
    return principal_of_token(found)


def principal_for_ticket(text: str) -> Principal | None:
    """Return who a socket ticket was given to, once, within its minute, while their credential is good."""
    ticket = read_ticket(text)
    if ticket is None or not gate.use_ticket(ticket.id, ticket.expires_at):
        return None
    return principal_for_credential(ticket.kind, ticket.credential)


def principal_for_credential(kind: str, credential: str) -> Principal | None:
    """Return whose session or token a public id names, while it is good. Whoever asks has checked a signature."""
    if kind == "session":
        session = gate.find_session_by_id(credential)
        return principal_of_session(session) if session is not None and session.ended is None else None
    token = gate.find_token_by_id(credential)
    return principal_of_token(token) if token is not None and token.ended is None else None


def still_valid(principals: Iterable[Principal]) -> list[Principal]:
    """Return those whose credential is good and whose role and company are what they were: the sweep's question."""
    asked = list(principals)
    sessions = [who.credential for who in asked if who.kind == "session"]
    # A ticket stands for a session or a token; both are asked for, one answers.
    others = [who.credential for who in asked if who.kind != "session"]
    standing = gate.find_standing([*sessions, *others], others)
    return [who for who in asked if is_unchanged(who, standing.get(who.credential))]


def is_unchanged(who: Principal, now: gate.Standing | None) -> bool:
    """Say whether a credential is worth what it was when it came in."""
    if now is None or now.role is not who.role or now.company_id != who.home_company_id:
        return False
    if who.role is not Role.PLATFORM_ADMIN or who.kind != "session":
        return True
    return now.acting_company_id == (who.acting_in.id if who.acting_in else None)


def principal_of_session(found: SessionFound) -> Principal:
    """Return a session's principal."""
    own, acting = companies_of(found.person, found.acting)
    person = found.person
    return Principal(
        user_id=person.id, public_id=person.public_id, email=person.email, name=person.name, role=person.role,
        company=own, acting_in=acting, kind="session", credential=found.id, home_company_id=person.home.id,
        preferences=person.preferences,
    )  # fmt: skip


def principal_of_token(found: TokenFound) -> Principal:
    """Return a token's principal."""
    own, acting = companies_of(found.person, None)
    person = found.person
    return Principal(
        user_id=person.id, public_id=person.public_id, email=person.email, name=person.name, role=person.role,
        company=own, acting_in=acting, kind="token", credential=found.id, home_company_id=person.home.id,
        scopes=found.scopes, limit_per_min=found.limit_per_min, preferences=person.preferences,
    )  # fmt: skip


def companies_of(person: Person, acting: Company | None) -> tuple[Company | None, Company | None]:
    """Return (own company, company acted in). A platform admin has no own one outside."""
    if person.role is Role.PLATFORM_ADMIN:
        return None, acting
    return person.home, person.home


def client_address() -> str:
    """Return the address a request came from, after as many proxies as the setting trusts."""
    return request.remote_addr or ""
