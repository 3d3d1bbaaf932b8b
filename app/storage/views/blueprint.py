"""Where the pages of usage, quotas and prices hang."""

from flask import Blueprint

bp = Blueprint("storage", __name__, url_prefix="/storage")
