"""Quarterdeck: the operations console of a multi-tenant commerce back end."""

from flask import Flask

from app import features
from app.core import (
    access,
    api_docs,
    assets,
    auth,
    context_http,
    database_errors,
    db,
    present,
    pushed,
    redis,
    second_try,
    shell,
    web,
)  # fmt: skip
from app.core.cache.start import init_cache
from app.core.logging import init_logging
from app.core.replicas import start as replicas
from app.extensions import htmx, migrate
from config import Settings, settings


def create_app(given: Settings | None = None) -> Flask:
    """Build the app: settings, core, features, in that order.

    Args:
        given: Settings to use instead of the environment's (tests).
    """
    chosen = given or settings()
    app = Flask(__name__, static_folder="../static", template_folder="../templates")
    app.config.update(
        SETTINGS=chosen,
        SECRET_KEY=chosen.session_secret.get_secret_value(),
        MAX_CONTENT_LENGTH=chosen.max_body_bytes,
        TESTING=chosen.environment == "test",
        TRUSTED_HOSTS=chosen.hosts,
    )
    init_logging(app, chosen)
    second_try.init_second_try(app)
    db.init_db(app, chosen)
    migrate.init_app(app, db.db, directory=str(features.ROOT / "migrations"))
    redis.init_redis(app, chosen)
    pushed.init_pushed(app)
    replicas.init_replicas(app, chosen)
    init_cache(app, chosen)
    htmx.init_app(app)
    context_http.init_context(app, chosen)
    web.init_web(app)
    database_errors.init_database_errors(app)
    assets.init_assets(app)
    present.init_present(app)
    shell.init_shell(app)
    features.register(app, chosen)
    app.before_request(auth.authorize)
    api_docs.init_api_docs(app)
    access.allow(access.PUBLIC, session=False)(app.view_functions["static"])
    access.check_access_table(app)
    return app
