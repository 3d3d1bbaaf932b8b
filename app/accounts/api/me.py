"""Oneself, as JSON: preferences, password, second factor. No token may touch password or second factor."""

from flask import session

from app.accounts.answers import EnrolmentOut, RecoveryCodesOut
from app.accounts.api.blueprint import bp
from app.accounts.problems import SecondFactorNotBegun, SecondFactorOn, WrongCode, WrongPassword
from app.accounts.schemas import CodeForm, PasswordChange, PasswordProof, Preferences
from app.accounts.service import passwords, people, second_factor
from app.accounts.sessions import rekey_current
from app.core.access import SELF, allow
from app.core.api import contract
from app.core.auth import principal

TAG = "Accounts"


@bp.patch("/user/preferences")
@contract(scope=SELF, body=Preferences, returns={204: None}, tag=TAG, any_company=True)
def change_preferences(body: Preferences) -> None:
    """Change how one sees the console; only what is sent is changed."""
    people.change_preferences(principal(), body.model_dump(exclude_none=True))


@bp.post("/user/password")
@allow(SELF, any_company=True, browser_only=True)
@contract(scope=SELF, body=PasswordChange, returns={204: None}, problems=[WrongPassword], tag=TAG, any_company=True)
def change_password(body: PasswordChange) -> None:
    """Set a new password; one's other sessions end."""
    passwords.change_password(principal(), current=body.current, new=body.new)
    rekey_current()


@bp.post("/user/second-factor")
@allow(SELF, any_company=True, browser_only=True)
@contract(scope=SELF, returns={201: EnrolmentOut}, tag=TAG, any_company=True, secret=True)
def begin_second_factor() -> tuple[EnrolmentOut, int]:
    """Begin to set up an authenticator."""
    secret = session["totp"] = second_factor.new_secret()
    return EnrolmentOut(secret=secret, uri=second_factor.enrolment_uri(secret, principal().email)), 201


@bp.post("/user/second-factor/confirmation")
@allow(SELF, any_company=True, browser_only=True)
@contract(
    scope=SELF, body=CodeForm, returns={201: RecoveryCodesOut}, problems=[SecondFactorNotBegun, SecondFactorOn, WrongCode],
    tag=TAG, any_company=True, secret=True,
)  # fmt: skip
def confirm_second_factor(body: CodeForm) -> tuple[RecoveryCodesOut, int]:
    """Switch the second factor on with its first code; the answer holds the recovery codes, once."""
    secret = session.get("totp")
    if secret is None:
        raise SecondFactorNotBegun
    codes = second_factor.switch_on(principal(), secret, body.code)
    session.pop("totp")
    rekey_current(second_factor=True)
    return RecoveryCodesOut(recovery_codes=codes), 201


@bp.post("/user/second-factor/removal")
@allow(SELF, any_company=True, browser_only=True)
@contract(scope=SELF, body=PasswordProof, returns={204: None}, problems=[WrongPassword], tag=TAG, any_company=True)
def remove_second_factor(body: PasswordProof) -> None:
    """Switch the second factor off; wants the password."""
    second_factor.switch_off(principal(), body.password)
    rekey_current(second_factor=False)
