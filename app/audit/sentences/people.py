"""People, sessions, keys, companies, notices."""

from app.audit.sentences.words import Data, listed, quote, says

CHANGES = {
    "created": "added a person as {role}",
    "role": "made a person {role}",
    "deactivated": "closed a person's account",
    "reactivated": "opened a person's account again",
    "password": "set a new password",
    "second-factor": "changed a second factor",
}


@says("session.revoked")
def session_revoked(data: Data) -> str:
    """A credential stopped being good."""
    if data["reason"] == "switched":
        return "went to another company"
    what = "an API token" if data["kind"] == "token" else "a session"
    return f"ended {what}" + (f": {data['reason']}" if data["reason"] else "")


@says("user.changed")
def user_changed(data: Data) -> str:
    """A role or standing changed."""
    words = CHANGES.get(data["change"], f"changed a person: {data['change']}")
    return words.format(role=str(data["role"]).replace("_", " "))


@says("user.invited")
def user_invited(data: Data) -> str:
    """Somebody was asked to join."""
    return f"invited {data['email']} as {str(data['role']).replace('_', ' ')}"


@says("token.created")
def token_created(data: Data) -> str:
    """A script got a key."""
    return f"made the API token {quote(data['name'])}"


@says("company.changed")
def company_changed(data: Data) -> str:
    """Name, zone or rules."""
    fields = [name for name, value in data["after"].items() if data["before"].get(name) != value]
    return f"changed the company {data['slug']}" + (f": {listed(fields)}" if fields else "")


@says("socket.closed")
def socket_closed(_: Data) -> str:
    """A live connection was cut."""
    return "closed a live connection"


@says("notification.created")
def notice_posted(data: Data) -> str:
    """A sentence for a whole company or one role."""
    to = f" to every {str(data['audienceRole']).replace('_', ' ')}" if data.get("audienceRole") else ""
    return f"wrote a notice{to}: {quote(data['text'])}"


@says("system.maintenance")
def maintenance_announced(data: Data) -> str:
    """Everybody is told about planned work."""
    length = f" ({data['minutes']} min)" if data.get("minutes") else ""
    return f"announced maintenance{length}: {quote(data['text'])}"
