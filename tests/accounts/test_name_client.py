"""Browsers, named for people."""

import pytest

from app.accounts.clients import client_name


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
            "Chrome on Linux",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 15.0; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on macOS"),
        ("curl/8.9.1", "curl"),
        ("Python-urllib/3.11", "A Python script"),
        ("", "Unknown client"),
        ("Something-else-entirely/1.0-and-on-and-on-and-on", "Something-else-entirely/1.0-and-on-and-o"),
    ],
)
def test_a_browser_is_named_in_two_words(user_agent: str, name: str) -> None:
    assert client_name(user_agent) == name
