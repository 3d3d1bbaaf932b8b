"""A canvas that knows, when it writes a page's number, how many pages there are."""

from typing import Any

from reportlab.lib import colors
from reportlab.pdfgen.canvas import Canvas

FAINT = colors.HexColor("#5a6472")
LONGEST = 90


def numbered(about: str, font: str, margin: float) -> Any:  # Any: a class of reportlab, which has no types
    """Return a canvas class that writes what the report is and `Page 2 of 5` under every page."""

    class Numbered(Canvas):  # type: ignore[misc]  # reportlab has no types
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.kept: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802 (the library's name)
            self.kept.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for number, state in enumerate(self.kept, start=1):
                self.__dict__.update(state)
                self.write_foot(number)
                super().showPage()
            super().save()

        def write_foot(self, number: int) -> None:
            self.setFont(font, 7)
            self.setFillColor(FAINT)
            text = about if len(about) <= LONGEST else about[: LONGEST - 1] + "…"
            self.drawString(margin, margin, text)
            self.drawRightString(self._pagesize[0] - margin, margin, f"Page {number} of {len(self.kept)}")

    return Numbered
