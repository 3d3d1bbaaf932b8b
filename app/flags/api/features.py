"""Flags to read: what they are for platform admins, what they answer for everybody else who may look."""

from app.accounts import reads as accounts
from app.core.auth import Principal, principal
from app.core.cursor import decode_cursor, encode_cursor
from app.core.errors import InvalidCursor, NotFound
from app.flags import reads, use
from app.flags import use as flags
from app.flags.answers import (
    ChangeList,
    ChangeOut,
    CheckOut,
    ExplanationOut,
    FeatureList,
    FeatureOut,
    OwnFeatureOut,
    TargetList,
)
from app.flags.api.blueprint import api_bp, reading, writing
from app.flags.context import ASKING
from app.flags.engine.context import OWN_ATTRIBUTE, Context
from app.flags.engine.evaluate import Table
from app.flags.engine.explain import explain
from app.flags.environments import check_environment
from app.flags.ofrep.tables import table_of
from app.flags.problems import FlagNotFound, UnknownEnvironment
from app.flags.reads import View
from app.flags.schemas import CheckFeature, ExplainFeature, ListFeatures, ListName, ListTargets, Paged, Where


def sees_all() -> bool:
    """Say whether who asks runs the installation; a company's admin sees its own answers only."""
    return principal().may("flags:write") or principal().company is None


@api_bp.get("/features")
@reading(query=ListFeatures, returns={200: FeatureList}, problems=[InvalidCursor, UnknownEnvironment])
def list_features(query: ListFeatures) -> FeatureList:
    """List flags; a company's admin gets what each answers here and now."""
    if not sees_all():
        return list_own(query)
    page = reads.list_flags(query.environment, query.q, View(query.view), query.after, query.limit)
    return FeatureList(items=[FeatureOut.of(one) for one in page.items], next_cursor=page.next_cursor)


def list_own(query: ListFeatures) -> FeatureList:
    """List what flags answer the company, from memory: its transaction sees no flag."""
    table, descriptions = flags.table(), use.descriptions()
    after = decode_cursor(query.after, str)[0] if query.after else ""
    words = (query.q or "").lower().split()
    found = []
    for key in sorted(table.snapshot.flags):
        text = f"{key} {descriptions.get(key, '')}".lower()
        if key > after and all(word in text for word in words):
            one = OwnFeatureOut.of(table, table.peek(key, ASKING), descriptions.get(key, ""))
            if query.view not in {"on", "off"} or one.enabled is (query.view == "on"):
                found.append(one)
    more = len(found) > query.limit
    return FeatureList(
        items=list(found[: query.limit]), next_cursor=encode_cursor(found[query.limit - 1].key) if more else None
    )


@api_bp.get("/features/<key>")
@reading(query=Where, returns={200: FeatureOut | OwnFeatureOut}, problems=[FlagNotFound, UnknownEnvironment])
def show_feature(key: str, query: Where) -> FeatureOut | OwnFeatureOut:
    """Return one flag; a company's admin gets what it answers here and now."""
    if sees_all():
        return FeatureOut.of(reads.find_flag(key, query.environment))
    table = flags.table()
    refuse_unknown(table, key)
    return OwnFeatureOut.of(table, table.peek(key, ASKING), use.descriptions().get(key, ""))


@api_bp.get("/features/<key>/check")
@reading(query=CheckFeature, returns={200: CheckOut}, problems=[FlagNotFound, NotFound, UnknownEnvironment])
def check_feature(key: str, query: CheckFeature) -> CheckOut:
    """Say what a flag answers one target, and why. It counts as asking."""
    if not sees_all():
        target, context = own_target(principal(), query.target_id)
        table = flags.table()
        refuse_unknown(table, key)
        return CheckOut.of(table, flags.evaluate(key, context), target)
    environment = check_environment(query.environment)
    table = table_of(environment)
    refuse_unknown(table, key)
    context = {}
    if query.target_id:
        own = OWN_ATTRIBUTE[table.snapshot.flags[key].scope]
        context = {"targetingKey": query.target_id, own: query.target_id}
    here = environment == flags.table().snapshot.environment
    made = flags.evaluate(key, context) if here else table.peek(key, context)
    return CheckOut.of(table, made, query.target_id)


def own_target(who: Principal, target: str | None) -> tuple[str, Context]:
    """Return whom a company's admin may ask about: the own company, or one of its people.

    Raises:
        NotFound: It is somebody else.
    """
    if who.acting_in is None:
        raise NotFound
    slug = who.acting_in.slug
    if target is None or target == slug:
        return slug, {"targetingKey": slug, "company": slug}
    if "\x00" in target:
        raise NotFound
    person = accounts.find_person(target)
    return target, {"targetingKey": target, "user": target, "company": slug, "role": str(person.role)}


@api_bp.post("/features/<key>/explain")
@writing(body=ExplainFeature, query=Where, returns={200: ExplanationOut}, problems=[FlagNotFound, UnknownEnvironment])
def explain_feature(key: str, body: ExplainFeature, query: Where) -> ExplanationOut:
    """Explain what a flag answers a context: every step, its operands, the draw. It does not count as asking."""
    table = table_of(check_environment(query.environment))
    refuse_unknown(table, key)
    return ExplanationOut.of(table, explain(table, key, body.context))


@api_bp.get("/features/<key>/lists/<any(allow,block):name>")
@writing(query=ListTargets, returns={200: TargetList}, problems=[FlagNotFound, InvalidCursor, UnknownEnvironment])
def list_targets(key: str, name: ListName, query: ListTargets) -> TargetList:
    """List the targets of a list."""
    reads.find_flag(key, query.environment)
    page = reads.list_targets(key, query.environment, name, query.after, query.limit, q=query.q)
    return TargetList.model_validate(page)


@api_bp.get("/features/<key>/versions")
@writing(query=Paged, returns={200: ChangeList}, problems=[FlagNotFound, InvalidCursor, UnknownEnvironment])
def list_versions(key: str, query: Paged) -> ChangeList:
    """List a flag's changes, newest first; with an environment only those that count there."""
    reads.find_flag(key, query.environment, archived=True)
    page = reads.list_versions(key, query.after, query.limit, environment=query.environment)
    return ChangeList(items=[ChangeOut.of(one) for one in page.items], next_cursor=page.next_cursor)


def refuse_unknown(table: Table, key: str) -> None:
    """Refuse a flag that is not in the table.

    Raises:
        FlagNotFound: It is not.
    """
    if key not in table.snapshot.flags:
        raise FlagNotFound(key=key[:100])
