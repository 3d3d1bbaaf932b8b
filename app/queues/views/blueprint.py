"""Where the pages of jobs and of queues hang."""

from flask import Blueprint

bp = Blueprint("jobs", __name__)
queues_bp = Blueprint("queues", __name__, url_prefix="/queues")
