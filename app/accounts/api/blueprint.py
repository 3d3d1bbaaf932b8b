"""The blueprint of the accounts' JSON."""

from flask import Blueprint

bp = Blueprint("accounts_api", __name__, url_prefix="/api")
