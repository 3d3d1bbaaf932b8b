"""Where the pages of workers hang."""

from flask import Blueprint

bp = Blueprint("workers", __name__, url_prefix="/workers")
