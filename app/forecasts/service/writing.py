"""A few sentences about an item's demand, written by a model from our figures. Off unless the settings name one."""

import json
from typing import Any

import sqlalchemy as sa

from app.core import clock, outside, tasks
from app.core.db import transaction
from app.core.setting import current_settings
from app.forecasts import reads
from app.forecasts.models import ItemForecast
from app.forecasts.problems import NoForecast, NoWriter, WriterFailed
from app.forecasts.words import figures_of
from app.inventory.reads import StockRow, get_item
from config import Settings

TIME_LIMIT_S = 60.0
MOST_TOKENS = 200
MOST_TEXT = 1200
TASK = (
    "You write for the stock keeper of a shop. In at most three short sentences of plain English, say what the figures "
    "below say about the demand for this item, and how far the forecast can be trusted. Use no figure that is not there."
)


def ask_for_text(sku: str) -> str:
    """Queue the writing of a text about an item, and return the job's id.

    Raises:
        NotFound: No such item.
        NoWriter: The settings name no model.
        NoForecast: There are no figures to write about.
    """
    if not is_on():
        raise NoWriter
    item = get_item(sku)
    if reads.forecast_of(item.id) is None:
        raise NoForecast(sku=sku)
    return tasks.enqueue(
        "forecasts.describe", {"sku": sku}, title=f"Describe the demand for {sku}", key=f"describe:{sku}"
    )


def is_on() -> bool:
    """Say whether the settings name a model."""
    settings = current_settings()
    return bool(settings.ai_base_url and settings.ai_model)


def write_text(sku: str) -> str:
    """Have the text written and keep it with the forecast.

    Raises:
        NotFound, NoWriter, NoForecast: As above.
        AddressRefused: AI_BASE_URL cannot be called.
        WriterFailed, OutsideFailed: The service did not do it; trying again may help.
    """
    settings = current_settings()
    if not is_on():
        raise NoWriter
    item = get_item(sku)
    forecast = reads.forecast_of(item.id)
    if forecast is None:
        raise NoForecast(sku=sku)
    text = ask_model(settings, item, forecast)
    with transaction() as session:
        session.execute(
            sa.update(ItemForecast)
            .where(ItemForecast.item_id == item.id, ItemForecast.made_at == forecast.made_at)
            .values(text=text, text_model=settings.ai_model, text_at=clock.now())
        )
    return text


def ask_model(settings: Settings, item: StockRow, forecast: ItemForecast) -> str:
    """Ask for the text and return it.

    Raises:
        WriterFailed, OutsideFailed, AddressRefused: As above.
    """
    url = f"{settings.ai_base_url.rstrip('/')}/chat/completions"
    headers = {"Content-Type": "application/json"}
    if settings.ai_api_key is not None:
        headers["Authorization"] = f"Bearer {settings.ai_api_key.get_secret_value()}"
    asked = {
        "model": settings.ai_model,
        "max_tokens": MOST_TOKENS,
        "temperature": 0.2,
        "messages": [{"role": "system", "content": TASK}, {"role": "user", "content": figures_of(item, forecast)}],
    }
    answer = outside.call(
        "ai-service", "POST", url, headers=headers, body=json.dumps(asked).encode(), timeout_s=TIME_LIMIT_S,
        trusted=trusted_by(settings),
    )  # fmt: skip
    return text_of(answer)


def trusted_by(settings: Settings) -> list[str]:
    """Return the host of AI_BASE_URL: who set it up decides where it stands, and over which protocol."""
    from urllib.parse import urlsplit

    return [(urlsplit(settings.ai_base_url).hostname or "").lower()]


def text_of(answer: outside.Answer) -> str:
    """Return the text of a chat completion.

    Raises:
        WriterFailed: It holds none.
    """
    if answer.status != 200:  # noqa: PLR2004 (HTTP's)
        raise WriterFailed(f"the model's service answered {answer.status}")
    try:
        found: Any = json.loads(answer.body)["choices"][0]["message"]["content"]
    except (ValueError, LookupError, TypeError):
        raise WriterFailed("the model's service answered with no text") from None
    text = " ".join(str(found or "").replace("\x00", "").split())
    if not text:
        raise WriterFailed("the model's service answered with an empty text")
    return text if len(text) <= MOST_TEXT else f"{text[: MOST_TEXT - 1]}…"
