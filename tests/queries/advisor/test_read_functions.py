"""What runs inside a function is advised on as well: PostgreSQL counts the call alone."""

from app.queries.advisor.inside import OWNER, Inner, inside, read_functions
from tests.queries.advisor.shop import Shop, ask


def test_statements_inside_functions_are_planned_too(shop: Shop):
    shop.connection.execute("""
        CREATE FUNCTION found_by(term text) RETURNS SETOF bigint LANGUAGE plpgsql AS $body$
        BEGIN RETURN QUERY EXECUTE $q$ SELECT id FROM orders WHERE email = $1 $q$ USING term; END $body$;
        CREATE FUNCTION spent(whom text, since timestamptz) RETURNS bigint LANGUAGE sql SECURITY DEFINER AS
        'SELECT sum(total)::bigint FROM orders WHERE note = whom AND orders.placed_at > since;'
    """)
    try:
        functions = read_functions(shop.connection)
        assert functions == {
            "found_by": [Inner("SELECT id FROM orders WHERE email = $1")],
            "spent": [Inner("SELECT sum(total)::bigint FROM orders WHERE note = $1 AND orders.placed_at > $2", OWNER)],
        }
        call = ask("SELECT * FROM orders WHERE id = ANY (ARRAY(SELECT found_by($1)))", rows=1)
        found = shop.look([call, *inside([call], functions)])
        assert [one.option.candidate.body for one in found.proposals] == ["orders (email)"]
        assert shop.look([call]).proposals == []
    finally:
        shop.connection.execute("DROP FUNCTION found_by; DROP FUNCTION spent")
