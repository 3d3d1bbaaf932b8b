"""The blueprint of the inventory's pages."""

from flask import Blueprint

bp = Blueprint("inventory", __name__)
