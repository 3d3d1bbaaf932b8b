"""Masses of rows for measuring: the right number, spread as companies are, going on where it stopped."""

from app.core.db import transaction
from app.demo.generate import fill, shares


def test_the_shares_add_up():
    for orders, companies in ((1_000_000, 10_000), (1000, 30), (100, 5), (10, 1)):
        found = list(shares(orders, companies))
        assert (sum(one.orders for one in found), len(found)) == (orders, companies)


def test_a_company_is_filled_once(ada, app):
    import sqlalchemy as sa

    with app.app_context():
        assert sum(fill(ada.company_id, 500)) == 500
        assert sum(fill(ada.company_id, 500)) == 500
    with ada.acting(), transaction() as session:
        assert session.execute(sa.text("SELECT count(*), max(number) FROM orders")).one() == (500, 500)
        wrong = "SELECT count(*) FROM orders WHERE total_minor <> (SELECT sum(amount_minor) FROM order_lines WHERE order_number = number)"
        assert session.scalar(sa.text(wrong)) == 0
    assert (
        ada.post("/api/inventory", json={"sku": "X", "name": "X", "onHand": 1, "unitPrice": "1.00"}).status_code == 201
    )
    order = {
        "customer": {"name": "Lou"},
        "currency": "GBP",
        "lines": [{"sku": "X", "quantity": 1, "unitPrice": "1.00"}],
    }
    assert ada.post("/api/orders", json=order).json["number"] == 501
