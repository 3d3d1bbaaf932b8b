"""Secrets in arguments: masked before they are stored, and a job that asks for one is refused where it is declared."""

import pytest

from app.core.db import transaction
from app.core.jobs import JobState
from app.core.jobs.masks import mask_args
from app.core.log_masks import MASK
from app.core.tasks import job
from tests.queues import chores


@pytest.mark.parametrize(
    "key",
    ["password", "token", "secret", "api_key", "apiKey", "X-Api-Key", "Authorization", "smtp_password", "private key"],
)
def test_what_looks_secret_is_masked_at_any_depth(key):
    masked, is_exact = mask_args({"to": {"hosts": [{"name": "a", key: "hunter2"}]}})
    assert (masked, is_exact) == ({"to": {"hosts": [{"name": "a", key: MASK}]}}, False)


@pytest.mark.parametrize(
    "args",
    [
        {"reset_id": "01J", "emails": ["a@b.test"], "email": "a@b.test", "code": "GB"},
        {"item": {"token": None, "secret": False, "password": "", "tokens": 7}},
        {"pair": (1, 2), "monkey": "x", "author": "y"},
    ],
)
def test_what_is_no_secret_stays_and_is_exact(args):
    masked, is_exact = mask_args(args)
    assert is_exact
    assert masked == {key: list(value) if isinstance(value, tuple) else value for key, value in args.items()}


def test_the_secret_never_reaches_the_table(ada, rows, look):
    with ada.acting(), transaction():
        job_id = chores.deliver_to.enqueue({"host": "mail.test", "password": "hunter2"}, title="Deliver")
    kept = look(ada, job_id)
    assert (kept.args, kept.is_exact) == ({"address": {"host": "mail.test", "password": MASK}}, False)
    assert rows("SELECT 1 FROM jobs WHERE id = %s AND jobs::text LIKE '%%hunter2%%'", job_id) == []
    assert kept.state is JobState.QUEUED


@pytest.mark.parametrize("name", ["password", "api_key", "smtp_token"])
def test_a_job_whose_own_parameter_is_a_secret_is_refused_with_what_to_do(name):
    source = {}
    exec(f"def send({name}): pass", source)  # noqa: S102 (a function with a parameter of that name)
    with pytest.raises(ValueError, match="Pass the id of a row that holds it"):
        job(queue="email", name="chore.with-secret")(source["send"])
