"""Who sees all companies chooses one in the list of usage, and comes back to it."""

import re
from typing import Any

from app.storage.usage.fold import fold
from tests.storage.usage.shelf import put
from tests.world import Person, World


def tabs(person: Person, path: str) -> dict[str, bool]:
    """Return the tabs of a page, and whether each is marked."""
    nav = person.get(path).text.split('aria-label="Storage"')[1].split("</nav>")[0]
    found: list[Any] = re.findall(r'<a href="[^"]*"( aria-current="page")?>([^<]+)</a>', nav)
    return {label: bool(mark) for mark, label in found}


def test_no_link_leads_to_files_of_all_companies(pat: Person) -> None:
    """There is no such list: the tab and the button come with a company."""
    text = pat.get("/storage").text
    assert "/storage/files" not in text
    assert "Files" not in tabs(pat, "/storage")


def test_choosing_one_in_the_list_leads_back_to_it(world: World, ada: Person, pat: Person) -> None:
    """The button of the row sends the page to come back to; no other site's."""
    put(world.sql, ada.company_id, 10)
    with ada.app.app_context():
        fold()
    name = world.sql.execute("SELECT name FROM companies WHERE id = %s", (ada.company_id,)).fetchone()
    assert name is not None
    assert 'name="next" value="/storage"' in pat.get(f"/storage?q={name['name']}").text
    answer = pat.post("/company", data={"company": ada.company_slug, "next": "/storage"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/storage")
    assert "Files" in tabs(pat, "/storage")
    assert pat.get("/storage/files").status_code == 200
    away = pat.post("/company", data={"company": "", "next": "//elsewhere.example"})
    assert away.headers["Location"] == "/"


def test_a_script_is_told_what_to_name(pat: Person) -> None:
    """The company's short name, not a number."""
    answer = pat.get("/api/files")
    assert answer.status_code == 409
    assert "companyId, which takes its short name" in answer.text


def test_each_page_marks_its_own_tab(ada: Person) -> None:
    """What stands beside the files is not usage."""
    assert tabs(ada, "/storage") == {"Usage": True, "Files": False}
    assert tabs(ada, "/storage/files") == {"Usage": False, "Files": True}
    assert tabs(ada, "/storage/upload") == {"Usage": False, "Files": True}
    assert tabs(ada, "/storage/quotas") == {"Usage": False, "Files": False}
