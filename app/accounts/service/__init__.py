"""What people do with accounts, one function per act. Each file is a noun; this page is the list for others."""

from app.accounts.principals import (
    principal_for_cookie,
    principal_for_credential,
    principal_for_ticket,
    principal_for_token,
    still_valid,
)
from app.accounts.service.companies import ensure_company
from app.accounts.service.people import ensure_user
from app.accounts.service.tokens import create_token

__all__ = [
    "create_token",
    "ensure_company",
    "ensure_user",
    "principal_for_cookie",
    "principal_for_credential",
    "principal_for_ticket",
    "principal_for_token",
    "still_valid",
]
