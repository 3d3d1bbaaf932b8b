"""From rows to lines: which cell is the SKU, which number the quantity, and how sure that is."""

from app.documents.reading.layout import Cell
from app.documents.reading.proposing import Known, customer_of, heads_of, propose_lines, spell
from app.documents.reading.wording import read_number

ITEMS = {spell(sku): [Known(sku, sku.title())] for sku in ("CUP-10", "71053", "6", "GIFT/O1")}


def row(*cells: object, sure: float = 1.0) -> list[Cell]:
    return [Cell(str(text), float(place * 100), sure) for place, text in enumerate(cells)]


def only(rows, alike=None):
    (found,) = propose_lines(rows, ITEMS, alike or {})
    return found


def test_the_head_of_the_table_says_where_quantities_stand():
    found = only([row("Item", "Price", "Qty"), row("CUP-10", "4", "12")])
    assert (found.sku, found.quantity, found.unit_price, found.confidence) == ("CUP-10", 12, "4", 0.98)


def test_without_a_head_the_numbers_say_which_is_which():
    found = only([row("71053", "Lantern", "3.39", "12", "40.68")])
    assert (found.quantity, found.unit_price, found.confidence) == (12, "3.39", 0.98)


def test_a_lone_number_is_a_guess():
    assert only([row("CUP-10", "Cup", "7")]).confidence == 0.6


def test_a_number_that_is_also_a_sku_counts_only_where_skus_stand():
    assert only([row("71053", "Lantern", "6")]).sku == "71053"
    assert only([row("6", "A thing", "2")]).sku == "6"


def test_look_alikes_are_matched_with_less_trust():
    found = only([row("Item", "Qty"), row("GIFT/01", "5")])
    assert (found.sku, found.confidence) == ("GIFT/O1", 0.85)


def test_a_name_stands_in_for_a_sku_and_others_are_named():
    text = "Brass desk lamp 3"
    alike = {text: [(Known("LAMP-07", "Desk lamp brass"), 0.7), (Known("LAMP-08", "Desk lamp steel"), 0.5)]}
    found = only([row("Item", "Qty"), row("Brass desk lamp", "3")], alike)
    assert (found.sku, found.others, found.confidence) == ("LAMP-07", ["LAMP-08"], 0.7)
    assert propose_lines([row("Brass desk lamp", "3")], {}, {text: [(Known("X", "Y"), 0.2)]}) == []


def test_rows_that_order_nothing_are_passed_over():
    assert (
        propose_lines([row("Thank you for your order"), row("Total", "201.98"), row("CUP-10", "a nice cup")], ITEMS, {})
        == []
    )


def test_the_words_of_a_form():
    assert customer_of([row("Ship to: Mill Lane 4")]) == "Mill Lane 4"
    assert customer_of([row("Dear customer")]) == ""
    assert heads_of(row("2", "Qty")) is None
    assert [read_number(text) and str(read_number(text)[0]) for text in ("1,200", "£4.50", "12x", "3,5", "A4", "")] == [
        "1200", "4.50", "12", "3.5", None, None,
    ]  # fmt: skip
