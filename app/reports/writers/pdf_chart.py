"""Bars over time as a drawing."""

from typing import Any

from reportlab.graphics.charts.barcharts import VerticalBarChart
from reportlab.graphics.shapes import Drawing
from reportlab.lib import colors

from app.reports.content import Chart

HEIGHT = 150
LEFT, BELOW = 60, 34
MOST_LABELS = 12


def draw_bars(chart: Chart, width: float, font: str) -> Any:  # Any: a flowable of reportlab, which has no types
    """Return the chart; of many steps only some are named, so that names do not overlap."""
    drawing = Drawing(width, HEIGHT)
    bars = VerticalBarChart()
    bars.x, bars.y, bars.width, bars.height = LEFT, BELOW, width - LEFT - 6, HEIGHT - BELOW - 8
    bars.data = [[float(value) for value in chart.values]]  # a picture: a bar needs no last digit
    every = -(-len(chart.labels) // MOST_LABELS)
    bars.categoryAxis.categoryNames = [label if n % every == 0 else "" for n, label in enumerate(chart.labels)]
    bars.categoryAxis.labels.fontName = bars.valueAxis.labels.fontName = font
    bars.categoryAxis.labels.fontSize = bars.valueAxis.labels.fontSize = 6.5
    bars.categoryAxis.labels.angle, bars.categoryAxis.labels.boxAnchor = 30, "ne"
    bars.categoryAxis.visibleTicks = False
    bars.valueAxis.labelTextFormat = lambda value: f"{value:,.0f}"
    bars.valueAxis.visibleGrid, bars.valueAxis.gridStrokeColor = True, colors.HexColor("#dfe3e8")
    bars.valueAxis.valueMin = min(0.0, *bars.data[0]) if len(chart.values) > 1 else min(0.0, bars.data[0][0])
    if not any(chart.values):
        bars.valueAxis.valueMax = 1
    bars.bars[0].fillColor, bars.bars[0].strokeColor = colors.HexColor("#1f5fbf"), None
    drawing.add(bars)
    return drawing
