"""What the scripts ask of the pages: rows by id, the head, the parts that are read again."""

from collections.abc import Callable

from tests.flags.pages.conftest import Shown
from tests.world import Person

FlagOf = Callable[..., Shown]


def test_a_changed_row_is_asked_for_by_its_key(pat: Person, flag_of: FlagOf) -> None:
    made, other = flag_of(), flag_of()
    rows = pat.fragment(f"/flags?q={made.key[:6]}&ids={made.key}").text
    assert f'<tr id="flag-{made.key}"' in rows
    assert other.key not in rows
    assert pat.fragment(f"/flags?q=nothing-like-it&ids={made.key}").text.strip() == ""


def test_the_list_is_read_again_in_one_part(pat: Person, flag_of: FlagOf) -> None:
    made = flag_of()
    part = pat.fragment(f"/flags?q={made.key}").text
    assert part.strip().startswith('<div id="list"')
    assert f'id="flag-{made.key}"' in part


def test_the_head_is_read_again_alone(pat: Person) -> None:
    head = pat.fragment("/flags", headers={"HX-Target": "nav#views"}).text
    assert 'id="verdict"' in head
    assert 'id="views"' in head
    assert "<table" not in head


def test_a_flag_is_read_again_in_its_parts(pat: Person, flag_of: FlagOf) -> None:
    made = flag_of()
    parts = pat.fragment(made.path).text
    for part in ("flag-detail", "flag-verdict", "flag-switch"):
        assert f'id="{part}"' in parts
    assert "<html" not in parts
