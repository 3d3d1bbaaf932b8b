"""gunicorn's entry for the test of what logs tell: our own app, and the faults of tests/faults/spills.py."""

from wsgi import app as ours  # isort: skip  (it patches the standard library first)
from tests.faults import spills

app = spills.add_faults(ours)
