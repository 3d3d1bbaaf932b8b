"""Those who attack: somebody who is not signed in, each role of the other company, and a script of its admin."""

from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from tests.laws.furnished import asked
from tests.world import SAME_ORIGIN, Person

OUTSIDERS = ("anonymous", "company_admin", "staff", "viewer", "token")


class Caller:
    """A browser or a script. Who is thrown out on the way comes in again, so that every attempt is made by somebody.

    Attributes:
        person: Who it is; None for a browser that is not signed in.
        is_script: True for a token in place of a cookie.
    """

    def __init__(self, app: Flask, person: Person | None, *, is_script: bool = False) -> None:
        self.app, self.person, self.is_script = app, person, is_script
        self.entries = 0
        self.come_in()

    def come_in(self) -> None:
        """Sign in, or take a new token."""
        self.entries += 1
        self.client = self.app.test_client()
        self.headers = dict(SAME_ORIGIN)
        if self.person is None:
            return
        self.person.__dict__.pop("client", None)
        if self.is_script:
            made = asked(self.person, "POST", "/api/tokens", {"name": f"Script {self.entries}"})
            self.headers = {"Authorization": f"Bearer {made['token']}"}
        else:
            self.client = self.person.client

    def ask(self, method: str, path: str, **how: Any) -> TestResponse:
        """Send one request."""
        headers = {**self.headers, **how.pop("headers", {})}
        answer = self.client.open(path, method=method, headers=headers, **how)
        if (
            answer.status_code == 401
            and self.person is not None
            and "Authorization" not in headers.keys() - self.headers.keys()
        ):
            self.come_in()
        return answer
