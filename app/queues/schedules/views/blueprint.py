"""Where the pages of schedules hang."""

from flask import Blueprint

bp = Blueprint("schedules", __name__, url_prefix="/schedules")
