"""Flask extensions, made unbound; create_app binds them."""

from celery import Celery
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_migrate import Migrate
from flask_session import Session
from flask_socketio import SocketIO
from htmx_flask import Htmx

from app.core.db import db

migrate = Migrate()
session = Session()
limiter = Limiter(key_func=get_remote_address)
socketio = SocketIO()
htmx = Htmx()
celery = Celery("quarterdeck")

__all__ = ["celery", "db", "htmx", "limiter", "migrate", "session", "socketio"]
