"""Flask extensions, made unbound; create_app binds them."""

from celery import Celery
from flask_migrate import Migrate
from flask_socketio import SocketIO
from htmx_flask import Htmx

from app.core.db import db

migrate = Migrate()
socketio = SocketIO()
htmx = Htmx()
celery = Celery("quarterdeck")

__all__ = ["celery", "db", "htmx", "migrate", "socketio"]
