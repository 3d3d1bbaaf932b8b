"""Where the JSON routes of orders hang."""

from flask import Blueprint

api_bp = Blueprint("orders_api", __name__, url_prefix="/api/orders")
