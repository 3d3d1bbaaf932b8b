"""Where jobs hang in the API."""

from flask import Blueprint

api_bp = Blueprint("jobs_api", __name__, url_prefix="/api/jobs")
