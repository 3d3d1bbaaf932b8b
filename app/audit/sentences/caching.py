"""The cache: what people purged."""

from app.audit.sentences.words import Data, quote, says


@says("cache.purged")
def cache_purged(data: Data) -> str:
    """What is kept was made bad."""
    kind, value = data["kind"], data["value"]
    what = "the whole cache" if kind == "everything" else f"the {kind} {value} from the cache"
    return f"purged {what}: {quote(data['reason'])}"
