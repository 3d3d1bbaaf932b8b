"""Partners' tokens: sealed before they are stored; those of the time before are sealed at their next run."""

import sqlalchemy as sa

from app.core.db import transaction
from app.core.sealed import is_sealed, seal, unseal
from app.feeds.models import Feed

PURPOSE = "feed"


def seal_token(token: str, feed_id: str) -> str:
    """Return a token as it is stored."""
    return seal(token, purpose=PURPOSE, row=feed_id)


def read_token(feed: Feed) -> str:
    """Return a feed's token in the clear.

    Raises:
        SecretUnreadable: It was sealed with a secret that is not set any more.
    """
    return unseal(feed.token, purpose=PURPOSE, row=feed.id) if is_sealed(feed.token) else feed.token


def seal_old(feed: Feed) -> None:
    """Seal a token that was stored in the clear."""
    if not feed.token or is_sealed(feed.token):
        return
    sealed = seal_token(feed.token, feed.id)
    statement = sa.update(Feed).where(Feed.id == feed.id, Feed.token == feed.token).values(token=sealed)
    with transaction() as session:
        session.execute(statement)
