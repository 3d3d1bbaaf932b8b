"""HypoPG where it is installed: the same index as by building it, nothing built, and the look says which of both it was.

The extension is no part of the server we bring. Where its files lie beside the server's own, these tests use it; the end
of the run says when they could not.
"""

from collections.abc import Callable, Iterator

import psycopg
import pytest
from flask import Flask
from psycopg.rows import dict_row

from app.core.installation import installation
from app.queries.advisor.advise import Look
from app.queries.advisor.backend import CannotTell, HypoPG
from app.queries.advisor.look import backend_for
from app.queries.advisor.shadowed import Shadowed
from app.queries.advisor.types import Candidate, Catalogue, Key
from tests.queries.advisor.shop import Shop, ask
from tests.services import Services
from tests.stage import TEMPLATE

TEXTS = (
    "SELECT * FROM orders WHERE email = $1",
    "SELECT * FROM orders WHERE company_id = $1 ORDER BY placed_at DESC LIMIT $2",
    "SELECT l.* FROM orders o JOIN lines l ON l.order_id = o.id WHERE o.id = $1",
)

Note = Callable[[str, object], None]


@pytest.fixture
def hypothetical(shop: Shop, shop_url: str, record_property: Note) -> Iterator[HypoPG | None]:
    """The extension in the shop's database; None where the server has no such files."""
    known = "SELECT 1 FROM pg_available_extensions WHERE name = 'hypopg'"
    if shop.connection.execute(known).fetchone() is None:
        record_property("without_hypopg", "the server has no such extension")
        yield None
        return
    shop.connection.execute("CREATE EXTENSION hypopg")
    with psycopg.connect(shop_url, row_factory=dict_row, prepare_threshold=None) as own:
        yield HypoPG(own, shop.catalogue())
        own.rollback()
    shop.connection.execute("DROP EXTENSION hypopg")


def test_it_proposes_what_building_would_and_builds_nothing(shop: Shop, hypothetical: HypoPG | None):
    if hypothetical is None:
        return
    assert HypoPG.is_there(shop.connection)
    before, queries = shop.names(), [ask(text) for text in TEXTS]
    tried = Look(shop.catalogue(), hypothetical, {}).run(queries)
    assert shop.names() == before
    built = shop.look(queries)
    assert {one.option.candidate.body for one in tried.proposals} == {
        one.option.candidate.body for one in built.proposals
    }
    assert all(one.option.added.size_bytes > 0 for one in tried.proposals)


def test_a_real_index_is_left_out_for_one_plan(shop: Shop, hypothetical: HypoPG | None):
    if hypothetical is None:
        return
    text = "SELECT * FROM orders WHERE id = $1"
    with_key = hypothetical.plan(text)["Total Cost"]
    assert hypothetical.plan(text, without=["orders_pkey"])["Total Cost"] > with_key * 10
    assert hypothetical.plan(text)["Total Cost"] == with_key


def test_what_it_does_not_know_is_said_and_breaks_nothing(shop: Shop, hypothetical: HypoPG | None):
    if hypothetical is None:
        return
    words = Candidate("notes", (Key("body", operators="gin_trgm_ops"),), method="gin")
    assert not hypothetical.can(words)
    with pytest.raises(CannotTell):
        hypothetical.add(words)
    assert hypothetical.plan("SELECT * FROM orders WHERE id = $1")["Total Cost"] > 0


def test_a_look_takes_it_where_it_is_and_the_cluster_without_data_where_it_is_not(
    app: Flask, services: Services, monkeypatch: pytest.MonkeyPatch, record_property: Note
):
    urls = services.create_database(template=TEMPLATE)
    name = urls["DATABASE_URL"].rpartition("/")[2]
    update = {key.lower(): type(app.config["SETTINGS"].database_url)(url) for key, url in urls.items()}
    monkeypatch.setitem(app.config, "SETTINGS", app.config["SETTINGS"].model_copy(update=update))
    try:
        with app.app_context(), installation():
            with backend_for(Catalogue({})) as backend:
                assert (backend.name, type(backend)) == ("shadow", Shadowed)
            with psycopg.connect(services.superuser_url(name), autocommit=True) as connection:
                if not connection.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'hypopg'").fetchone():
                    record_property("without_hypopg", "the server has no such extension")
                    return
                connection.execute("CREATE EXTENSION hypopg SCHEMA public")
            with backend_for(Catalogue({})) as backend:
                assert (backend.name, type(backend)) == ("hypopg", HypoPG)
                assert backend.plan("SELECT id FROM users WHERE name = $1")["Total Cost"] > 0
    finally:
        services.drop_database(name)
