from html.parser import HTMLParser

from app.core.live_render import render_rows


class Rows(HTMLParser):
    """The outline of each row: enough to compare without the words of times."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.in_time = False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.in_time = tag == "time"
        self.found.append((tag, sorted((k, v) for k, v in attrs if not (tag == "time" and k == "title"))))

    def handle_data(self, text):
        if text.strip() and not self.in_time:
            self.found.append(text.strip())


def test_a_pushed_row_is_the_row_of_a_fresh_page(ada, shop, app):
    for state in ("placed", "paid", "packed", "shipped", "delivered"):
        number = shop.place(state)["number"]
        (row,), gone = render_rows(app, (ada.company_id, "orders"), [str(number)])
        assert gone == []
        page = ada.get("/orders").text
        start = page.index(f'<tr id="order-{number}"')
        fresh = page[start : page.index("</tr>", start) + len("</tr>")]
        assert row.id == f"order-{number}"
        assert f'data-v="{row.version}"' in fresh
        assert Rows(row.html).found == Rows(fresh).found


def test_another_companys_row_is_not_rendered(cleo, shop, app):
    number = shop.place()["number"]
    assert render_rows(app, (cleo.company_id, "orders"), [str(number)]) == ([], [str(number)])
