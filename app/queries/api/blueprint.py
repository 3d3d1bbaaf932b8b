"""Where statements hang in the API."""

from flask import Blueprint

api_bp = Blueprint("queries_api", __name__, url_prefix="/api/query-optimizer")
TAG = "Queries"
