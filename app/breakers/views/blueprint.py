"""Where the pages of breakers hang."""

from flask import Blueprint

bp = Blueprint("breakers", __name__, url_prefix="/breakers")
