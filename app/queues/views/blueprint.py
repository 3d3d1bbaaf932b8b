"""Where the pages of jobs hang."""

from flask import Blueprint

bp = Blueprint("jobs", __name__)
