"""Whether people may come in now: the flag `authentication`, which never shuts platform admins out."""

from app.accounts.problems import SignInsOff
from app.core import gates
from app.core.access import Role


def are_sign_ins_on() -> bool:
    """Say whether everybody may sign in."""
    return gates.is_on("authentication", default=True)


def check_open(role: Role) -> None:
    """Refuse somebody who wants to come in while sign-ins are off; who could switch them on again always may.

    Raises:
        SignInsOff: They are, and this is no platform admin.
    """
    if role is not Role.PLATFORM_ADMIN and not are_sign_ins_on():
        raise SignInsOff
