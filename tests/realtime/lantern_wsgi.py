"""gunicorn's entry for the tests of the live layer: the app, and the lanterns of tests/realtime/lanterns.py."""

from wsgi import app  # isort: skip  (patches the standard library first)

from tests.realtime.lanterns import init_lanterns

init_lanterns(app)
