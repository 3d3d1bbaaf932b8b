"""gunicorn's entry. The only place that patches the standard library, before anything else is imported."""

from gevent import monkey

monkey.patch_all()

import sys  # noqa: E402

from sqlalchemy.orm import configure_mappers  # noqa: E402

from app import create_app  # noqa: E402
from app.core import process  # noqa: E402
from app.core.memory import settle_memory  # noqa: E402
from app.core.tenancy_check import check_database  # noqa: E402
from config import BadSettings  # noqa: E402

process.set_kind("web")
try:
    app = create_app()
    check_database(app)
    configure_mappers()  # here, once, and not in the first request of every worker
    # Read every template now: one read later, from a checkout that moved on, would not fit the code in memory.
    for name in app.jinja_env.list_templates(extensions=["html"]):
        app.jinja_env.get_template(name)
except BadSettings as problem:
    print(f"Quarterdeck does not start.\n{problem.message}", file=sys.stderr, flush=True)  # noqa: T201 (nobody logs yet)
    sys.exit(problem.exit_code)

settle_memory()
