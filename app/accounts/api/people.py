"""People and invitations of the company one acts in, as JSON."""

from app.accounts import reads
from app.accounts.answers import InvitationList, InvitationOut, MemberList, MemberOut
from app.accounts.api.blueprint import bp
from app.accounts.problems import CannotInvite, LastAdmin, NotYourself, ReasonNeeded, RoleNotHere
from app.accounts.schemas import NewInvitation, Paging, Reason, RoleChange
from app.accounts.service import invitations, people
from app.core.api import contract
from app.core.auth import principal
from app.core.tasks import JobQueuesOff

TAG = "People"


@bp.get("/users")
@contract(scope="users:read", query=Paging, returns={200: MemberList}, tag=TAG)
def list_users(query: Paging) -> MemberList:
    """List the people of the company, oldest account first."""
    rows, after = reads.list_people(limit=query.limit, after=query.after)
    return MemberList(items=[MemberOut.model_validate(row) for row in rows], next_cursor=after)


@bp.patch("/users/<user_id>")
@contract(
    scope="users:write",
    body=RoleChange,
    returns={200: MemberOut},
    problems=[NotYourself, LastAdmin, RoleNotHere],
    tag=TAG,
)
def change_user(user_id: str, body: RoleChange) -> MemberOut:
    """Give somebody another role."""
    return member(people.change_role(principal(), user_id, body.role))


@bp.post("/users/<user_id>/deactivation")
@contract(
    scope="users:write", body=Reason, returns={200: MemberOut}, problems=[NotYourself, LastAdmin, ReasonNeeded], tag=TAG
)
def deactivate_user(user_id: str, body: Reason) -> MemberOut:
    """Send somebody away: sessions, sockets and tokens end within a second."""
    return member(people.deactivate(principal(), user_id, reason=body.reason))


@bp.post("/users/<user_id>/reactivation")
@contract(scope="users:write", returns={200: MemberOut}, problems=[NotYourself], tag=TAG)
def reactivate_user(user_id: str) -> MemberOut:
    """Take somebody back; they sign in anew."""
    return member(people.reactivate(principal(), user_id))


@bp.get("/invitations")
@contract(scope="users:read", query=Paging, returns={200: InvitationList}, tag=TAG)
def list_invitations(query: Paging) -> InvitationList:
    """List open invitations, newest first."""
    rows, after = reads.list_invitations(limit=query.limit, after=query.after)
    return InvitationList(items=[InvitationOut.model_validate(row) for row in rows], next_cursor=after)


@bp.post("/invitations")
@contract(
    scope="users:write", body=NewInvitation, returns={201: InvitationOut}, problems=[CannotInvite, RoleNotHere, JobQueuesOff],
    tag=TAG,
)  # fmt: skip
def create_invitation(body: NewInvitation) -> tuple[InvitationOut, int]:
    """Ask somebody to join; the link is mailed."""
    row = invitations.invite(principal(), email=body.email, role=body.role)
    return InvitationOut.model_validate(row), 201


@bp.delete("/invitations/<invitation_id>")
@contract(scope="users:write", returns={204: None}, tag=TAG)
def withdraw_invitation(invitation_id: str) -> None:
    """Take an open invitation back."""
    invitations.withdraw_invitation(invitation_id)


def member(row: people.User) -> MemberOut:
    """Return a person as the API names them."""
    return MemberOut(
        id=row.public_id, email=row.email, name=row.name, role=row.role, is_active=row.is_active,
        last_seen_at=row.last_seen_at, created_at=row.created_at,
    )  # fmt: skip
