"""SKUs in addresses: any text, slashes and spaces included, percent-encoded as one part."""

from urllib.parse import quote

from flask import Flask
from werkzeug.routing import PathConverter


class SkuConverter(PathConverter):
    """Reads a SKU from an address, where %2F has become a slash, and writes it as one part again."""

    def to_url(self, value: str) -> str:
        """Percent-encode everything, slashes too."""
        return quote(str(value), safe="")


def init_addresses(app: Flask) -> None:
    """Let routes say `<sku:sku>`."""
    app.url_map.converters["sku"] = SkuConverter
