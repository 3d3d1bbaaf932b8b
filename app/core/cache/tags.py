"""What values depend on, and what changes make of it: every tag is a token in Valkey that a change replaces.

    ct:<company>:<table>    replaced when a transaction of that company changed the table
    ct:all:<table>          when one of no single company did: any of them may have changed
    ct:any:<table>          when anybody did; asked by what reads across companies
    ct:<company>:@<topic>   by the relay, before anybody is told of a fact
    cp:…                    by people: one company, one namespace, everything

A token is random and never comes again, and a value without its tags is no value: a Valkey that was emptied, or
forgot some keys, can not make an old value good again. Replacing one key is all an invalidation costs.
"""

import secrets

ALL, ANY, EVERYTHING = "all", "any", "cp:all"

watched: set[str] = set()
watched_anywhere: set[str] = set()
topics: set[str] = set()


def new_token() -> str:
    """Return what no tag has been before."""
    return secrets.token_hex(8)


def tag(place: object, name: str) -> str:
    """Return the key of a tag."""
    return f"ct:{place}:{name}"


def of_company(company_id: int) -> str:
    """Return the key of everything a company has here."""
    return f"cp:company:{company_id}"


def of_namespace(name: str) -> str:
    """Return the key of everything in a namespace."""
    return f"cp:ns:{name}"


def keys_written(place: object, table: str) -> list[str]:
    """Return what a change of a table replaces.

    Args:
        place: The company; `ALL` when it was no single one's.
        table: The table.
    """
    keys = [tag(place, table)] if table in watched else []
    return [*keys, tag(ANY, table)] if table in watched_anywhere else keys
