"""Where the pages of statements hang."""

from flask import Blueprint

bp = Blueprint("queries", __name__, url_prefix="/slow-queries")
