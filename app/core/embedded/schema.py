"""Whether the database already has the newest schema, told without loading the app: most starts have nothing to migrate."""

import re
from pathlib import Path

import psycopg

from app.core.embedded.options import PROJECT

REVISION = re.compile(r"^revision(?:: str)? = [\"'](\w+)[\"']", re.MULTILINE)
DOWN_REVISION = re.compile(r"^down_revision(?:: [^=]+)? = [\"'](\w+)[\"']", re.MULTILINE)


def is_at_head(owner_url: str, versions: Path = PROJECT / "migrations" / "versions") -> bool:
    """Whether there is nothing to migrate; False whenever that is not certain."""
    texts = [path.read_text(encoding="utf-8") for path in versions.glob("*.py")]
    revisions = {found[1] for text in texts if (found := REVISION.search(text))}
    heads = revisions - {found[1] for text in texts if (found := DOWN_REVISION.search(text))}
    if len(revisions) != len(texts) or len(heads) != 1:
        return False
    try:
        with psycopg.connect(owner_url, connect_timeout=10) as connection:
            return connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(heads.pop(),)]
    except psycopg.Error:
        return False
