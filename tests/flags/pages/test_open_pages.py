"""Every page of flags, by whom it may be seen."""

import pytest

from tests.world import Person

PAGES = [
    "/flags",
    "/flags?environment=staging",
    "/flags?view=rolling-out",
    "/flags?view=stale",
    "/flags?view=mine",
    "/flags?q=owner:nobody",
    "/flags/new",
    "/flags/vision-analysis",
    "/flags/vision-analysis?environment=staging",
    "/flags/core-api",
    "/flags/mobile-app",
    "/flags/vision-analysis/edit",
    "/flags/vision-analysis/switch",
    "/flags/vision-analysis/definition",
    "/flags/vision-analysis/history",
    "/flags/vision-analysis/lists/allow",
    "/flags/vision-analysis/lists/block",
    "/flags/segments",
    "/flags/segments/new",
]
READ_BY_COMPANIES = {"/flags", "/flags/vision-analysis", "/flags/core-api", "/flags/mobile-app"}


@pytest.mark.parametrize("path", PAGES)
def test_a_platform_admin_sees_every_page(pat: Person, path: str) -> None:
    answer = pat.get(path)
    assert answer.status_code == 200, answer.text[:2000]


@pytest.mark.parametrize("path", PAGES)
def test_a_company_admin_sees_only_answers(ada: Person, path: str) -> None:
    answer = ada.get(path)
    expected = 200 if path.partition("?")[0] in READ_BY_COMPANIES else 403
    assert answer.status_code == expected


@pytest.mark.parametrize("path", PAGES)
def test_staff_and_viewers_see_none(sam: Person, vera: Person, path: str) -> None:
    assert sam.get(path).status_code == 403
    assert vera.get(path).status_code == 403


def test_an_unknown_flag_is_not_found(pat: Person, ada: Person) -> None:
    assert pat.get("/flags/no-such-flag").status_code == 404
    assert ada.get("/flags/no-such-flag").status_code == 404
    assert pat.get("/flags/vision-analysis/lists/other").status_code == 404


def test_an_unknown_environment_names_those_there_are(pat: Person) -> None:
    answer = pat.get("/flags?environment=moon")
    assert answer.status_code == 422
    assert "production, staging, development" in answer.text
