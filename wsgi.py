"""gunicorn's entry. The only place that patches the standard library, before anything else is imported.

gunicorn imports it once, in the process that only starts workers (preload_app): a worker that was killed is back
within a third of a second, instead of after an import of three.
"""

from gevent import monkey

# Forks and signals stay gunicorn's: it would not hear that a worker died. Each worker patches them for itself.
monkey.patch_all(os=False, signal=False)

import sys  # noqa: E402

from app import create_app  # noqa: E402
from app.core import guards, process  # noqa: E402
from app.core.memory import settle_memory  # noqa: E402
from app.core.tenancy_check import check_database  # noqa: E402
from config import BadSettings  # noqa: E402

process.set_kind("web")
try:
    app = create_app()
    with guards.unguarded():  # a guard that counted would start a thread, and threads do not survive the forks
        check_database(app)
    # Read every template now: one read later, from a checkout that moved on, would not fit the code in memory.
    for name in app.jinja_env.list_templates(extensions=["html"]):
        app.jinja_env.get_template(name)
except BadSettings as problem:
    print(f"Quarterdeck does not start.\n{problem.message}", file=sys.stderr, flush=True)  # noqa: T201 (nobody logs yet)
    sys.exit(problem.exit_code)

settle_memory()
