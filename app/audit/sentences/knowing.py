"""Forecasts, partners' feeds and documents."""

from app.audit.sentences.words import Data, count, quote, says


@says("reorder.proposed")
def reorder_proposed(data: Data) -> str:
    """Points were proposed; none has changed by it."""
    return f"proposed {count(data['count'], 'reorder point')}"


@says("reorder.decided")
def reorder_decided(data: Data) -> str:
    """Somebody decided about a proposal, or took the decision back."""
    return (
        f"{data['decision']} the reorder point {data['proposed']} proposed for {data['sku']} (it was {data['before']})"
    )


@says("feed.added")
def feed_added(data: Data) -> str:
    """A partner's feed was written down."""
    return f"added the feed {quote(data['name'])} from {data['host']}"


@says("feed.changed")
def feed_changed(data: Data) -> str:
    """A feed's address or token was changed, or it was paused or resumed."""
    return f"{data['act']} the feed {quote(data['name'])}"


@says("feed.synced")
def feed_synced(data: Data) -> str:
    """A run of a feed brought something."""
    refused = f", {count(data['refused'], 'line')} refused" if data.get("refused") else ""
    return f"fetched {count(data['placed'], 'order')} from the feed {quote(data['name'])}{refused}"


@says("document.added")
def document_added(data: Data) -> str:
    """A photo or PDF of an order form was sent in."""
    return f"sent in the document {quote(data['fileName'])}"


@says("document.ordered")
def document_ordered(data: Data) -> str:
    """A person made an order of what was read."""
    return f"made order {data['number']} of the document {quote(data['fileName'])}"


@says("document.discarded")
def document_discarded(data: Data) -> str:
    """A person said that no order comes of a document."""
    return f"discarded the document {quote(data['fileName'])}"
