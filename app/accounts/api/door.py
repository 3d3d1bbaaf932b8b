"""Coming in and going, as JSON."""

from flask import current_app, request

from app.accounts.answers import CompanyRef, SignedIn, TicketOut, UserOut
from app.accounts.api.blueprint import bp
from app.accounts.gate import PLATFORM, Person
from app.accounts.principals import client_address
from app.accounts.problems import CodeNeeded, SignInsOff, WrongCode, WrongCredentials
from app.accounts.schemas import Login
from app.accounts.service import sessions as session_service
from app.accounts.service import sign_in as service
from app.accounts.session_store import Browser
from app.accounts.sessions import current_session, fresh_data
from app.accounts.tickets import issue_ticket
from app.core.access import PUBLIC, SELF
from app.core.api import contract
from app.core.auth import Principal, principal
from app.core.errors import TooManyRequests


@bp.post("/login")
@contract(
    scope=PUBLIC, body=Login, returns={200: SignedIn}, tag="Accounts",
    problems=[WrongCredentials, CodeNeeded, WrongCode, TooManyRequests, SignInsOff],
)  # fmt: skip
def create_session(body: Login) -> SignedIn:
    """Sign in; the answer sets the session cookie."""
    seen = Browser(ip=client_address(), user_agent=request.headers.get("User-Agent", ""))
    person, opened = service.sign_in(
        body.email, body.password, body.code, browser=seen, settings=current_app.config["SETTINGS"], data=fresh_data()
    )
    mine = current_session()
    if mine.live is not None:
        session_service.sign_out(mine.live)
    mine.begin(opened)
    return SignedIn(user=described(person))


@bp.post("/logout")
@contract(scope=PUBLIC, returns={204: None}, tag="Accounts")
def delete_session() -> None:
    """Sign out. Twice is as good as once."""
    mine = current_session()
    if mine.live is not None:
        session_service.sign_out(mine.live)
    mine.end()


@bp.get("/user")
@contract(scope=SELF, returns={200: UserOut}, tag="Accounts", any_company=True)
def show_user() -> UserOut:
    """Say who one is."""
    return user_out(principal())


@bp.post("/socket-ticket")
@contract(scope=SELF, returns={201: TicketOut}, tag="Live", any_company=True, secret=True)
def create_socket_ticket() -> tuple[TicketOut, int]:
    """Get a pass to the live socket: a minute long, good once."""
    ticket, expires_at = issue_ticket(principal())
    return TicketOut(ticket=ticket, expires_at=expires_at), 201


def user_out(who: Principal) -> UserOut:
    """Return a principal as the API names them; a platform admin has no company of their own."""
    own = CompanyRef(slug=who.company.slug, name=who.company.name) if who.company else None
    return UserOut(email=who.email, name=who.name, role=who.role, company=own)


def described(person: Person) -> UserOut:
    """Return a person who just came in as the API names them."""
    home = person.home
    own = None if home.slug == PLATFORM else CompanyRef(slug=home.slug, name=home.name)
    return UserOut(email=person.email, name=person.name, role=person.role, company=own)
