"""The macros: what they draw, what they escape, what they leave to the reader's browser."""

import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from app.core.access import Role
from app.core.auth import Principal
from app.core.errors import DatabaseAway, Forbidden, InvalidInput, NotFound, Unexpected, VersionConflict
from tests.stage import ROOT
from tests.ui.conftest import person, seen_by

EVIL = '"><script>alert(1)</script>'
VOID = {"meta", "link", "input", "hr", "br", "img", "use", "path", "rect", "line", "circle", "polyline", "polygon"}


class Balance(HTMLParser):
    """Finds tags that are closed in the wrong order, and ids that stand twice."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.ids += [value or "" for name, value in attrs if name == "id"]

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> at {self.getpos()}")


def balance(html: str) -> Balance:
    found = Balance()
    found.feed(html)
    return found


@pytest.mark.parametrize("role", [*Role, None])
def test_the_page_of_every_part_is_well_formed(specimen, role):
    found = balance(specimen(person(role) if role else None))
    assert found.wrong == []
    assert found.open == []
    assert sorted(found.ids) == sorted(set(found.ids))


def test_every_macro_of_the_kit_is_in_the_catalogue():
    kit = (ROOT / "templates/ui/kit.html").read_text()
    exported = {name for line in re.findall(r"\{% set (.*?) =", kit) for name in re.split(r",\s*", line)}
    catalogue = (ROOT / "docs/frontend.md").read_text()
    assert [name for name in sorted(exported) if not re.search(rf"\b{name}\b", catalogue)] == []


@pytest.mark.parametrize(
    "source",
    [
        "{{ ui.state('warn', none, evil) }}",
        "{{ ui.tag(evil) }}",
        "{{ ui.button(evil, attrs={'data-x': evil}) }}",
        "{{ ui.link_button(evil, evil) }}",
        "{{ ui.field('name', evil, evil, hint=evil, error=evil) }}",
        "{{ ui.textarea('name', evil, evil) }}",
        "{{ ui.select('name', evil, [(evil, evil)], evil) }}",
        "{{ ui.facts([(evil, evil)]) }}",
        "{{ ui.log_entry(at, evil, quote=evil, note=evil) }}",
        "{{ ui.diff({evil: {'before': evil, 'after': evil}}) }}",
        "{{ ui.code(evil, evil) }}",
        "{{ ui.copy_button(evil, evil) }}",
        "{{ ui.toast(evil, evil) }}",
        "{{ ui.chips([{'label': evil, 'value': evil, 'href': evil}]) }}",
        "{{ ui.post_button(evil, evil, {evil: evil}) }}",
        "{{ ui.error_summary({'name': evil}) }}",
        "{% call ui.confirm('id', evil, evil, evil, evil, 3, evil, {evil: evil}) %}{{ evil }}{% endcall %}",
        "{% call ui.filter(evil, evil, evil, evil, {evil: evil}) %}{% endcall %}",
        "{% call ui.bulk(evil, evil, evil, evil) %}{% endcall %}",
    ],
)
def test_what_people_typed_is_never_markup(draw, source):
    html = draw(source, evil=EVIL, at=datetime(2026, 11, 20, tzinfo=UTC))
    assert "<script" not in html
    assert '"><' not in re.sub(r'="[^"]*"', '=""', html).replace('""><', "")


def test_a_time_is_told_in_the_readers_zone_and_stays_exact(draw):
    at = datetime(2025, 2, 3, 23, 30, tzinfo=UTC)
    html = draw("{{ ui.day(at) }}{{ ui.when(at) }}", person(timezone="Asia/Tokyo"), at=at)
    assert 'datetime="2025-02-03T23:30:00.000Z"' in html
    assert ">2025-02-04<" in html
    assert ">4 Feb 2025<" in html
    assert 'title="2025-02-04 08:30:00 GMT+9"' in html


def test_a_row_drawn_outside_a_request_tells_utc(app, draw):
    at = datetime(2025, 2, 3, 23, 30, tzinfo=UTC)
    with app.app_context():
        text = app.jinja_env.from_string('{% import "ui/kit.html" as ui %}{{ ui.day(at) }}').render(at=at)
    assert 'title="2025-02-03 23:30:00 UTC"' in text


def test_the_danger_ladder_asks_for_more_the_higher_it_gets(draw):
    rung = "{% call ui.confirm('d', '/x', 'Purge?', 'Purge 64', 'Keep', RUNG, 'report') %}All.{% endcall %}"
    one, two, three = (draw(rung.replace("RUNG", str(number))) for number in (1, 2, 3))
    assert "button--main" in one
    assert 'name="reason"' not in one
    assert 'name="reason"' in two
    assert 'name="typed"' not in two
    assert 'name="typed"' in three
    assert 'data-typed="report"' in three
    assert all('name="idempotency_key"' in html and 'name="csrf_token"' in html for html in (one, two, three))


def test_the_same_question_is_a_page_without_script(draw):
    html = draw(
        "{% call ui.confirm('d', '/x', 'Purge?', 'Purge', 'Keep', 3, 'q', shown=true, back='/q') %}{% endcall %}"
    )
    assert "<dialog" not in html
    assert '<a class="button" href="/q">Keep</a>' in html


def test_a_sparkline_fills_its_frame_and_knows_its_limit(draw):
    html = draw("{{ ui.spark([0, 10, 5], 'bad', 'now 5', 20) }}")
    assert 'points="0,18.5 46.5,10 93,14.2"' in html
    assert 'class="limit" x1="0" x2="93" y1="1.5"' in html
    assert draw("{{ ui.spark([4]) }}").strip() == ""
    assert 'points="0,18.5 93,18.5"' in draw("{{ ui.spark([3, 3]) }}")


@pytest.mark.parametrize("who", [person(), None])
@pytest.mark.parametrize(
    "problem",
    [
        NotFound(),
        Unexpected(),
        Forbidden(permission="orders:write"),
        DatabaseAway(),
        InvalidInput(errors=[{"field": "sku", "message": EVIL}]),
        VersionConflict(yours=1, current=2, changed={"state": "paid"}),
    ],
)
def test_every_problem_has_a_page_and_a_fragment(app, who: Principal | None, problem):
    from flask import render_template

    with seen_by(app, who):
        page = render_template("errors/page.html", problem=problem, request_id="01JREQUEST")
        piece = render_template("errors/fragment.html", problem=problem, request_id="01JREQUEST")
    assert balance(page).wrong == balance(piece).wrong == []
    for html in (page, piece):
        assert "01JREQUEST" in html
        assert "<script>alert" not in html
    assert f'data-problem="{problem.code}"' in piece
    assert ("flag-danger" in page.split('type="image/svg+xml"')[0]) == (problem.status >= 500)


def test_a_page_says_what_its_reader_may_do(specimen):
    assert 'data-can="events:read files:read flags:evaluate inventory:read jobs:read orders:read"' in specimen(
        person(Role.VIEWER)
    )
    assert "orders:write" in specimen(person(Role.STAFF)).split('data-can="')[1].split('"')[0]


def test_a_chosen_theme_and_density_are_in_the_first_byte(specimen):
    html = specimen(person(theme="dark", density="compact"))
    assert '<html lang="en-GB" data-theme="dark" data-density="compact">' in html


def test_a_platform_admin_inside_a_company_is_told_so(specimen):
    html = specimen(person(Role.PLATFORM_ADMIN))
    assert "You act inside Harbour Optical" in html
    assert "You act inside" not in specimen(person(Role.COMPANY_ADMIN))


def test_while_the_database_is_away_the_page_asks_it_nothing(app):
    from app.core.web import render_problem

    with seen_by(app, person()):
        answer = render_problem(DatabaseAway())
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "2"
    assert "The database does not answer." in answer.get_data(as_text=True)
    assert "Inês" not in answer.get_data(as_text=True)
