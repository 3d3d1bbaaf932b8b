"""The contestants of `bin/bench flags`: each does the same task with its own definition, contexts and call."""

import json
import random
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from mmh3 import mmh3_32_uintdigest

from app.flags.engine.evaluate import Table
from app.flags.engine.model import Flag, FlagSettings, FlagType, Snapshot

KEY, FLAGS, LISTED = "flag-7", 200, 1_000
NOWHERE = "http://127.0.0.1:9"


class Task:
    """Who is asked about: one in a hundred is on the list."""

    def __init__(self, contexts: int) -> None:
        dice = random.Random(2026)
        self.listed = [f"listed-{number}" for number in range(LISTED)]
        self.targets = [
            dice.choice(self.listed) if number % 100 == 0 else f"user-{dice.randrange(10**9)}"
            for number in range(contexts)
        ]
        self.others = [target for target in self.targets if not target.startswith("listed-")]


@dataclass
class Contestant:
    """One way to ask.

    Attributes:
        context: A target in the form this one takes.
        answer: The call that is measured, for the check.
        run: The same call in a loop, as tight as this one allows.
        native: A flag library of its own, to be beaten tenfold.
    """

    name: str
    context: Callable[[str], Any]
    answer: Callable[[Any], bool]
    run: Callable[[list[Any]], None]
    native: bool = False

    def contexts(self, targets: Iterable[str]) -> list[Any]:
        return [self.context(target) for target in targets]


def ask_all(answer: Callable[[Any], Any]) -> Callable[[list[Any]], None]:
    """Return a loop over a call that takes the context alone."""

    def run(contexts: list[Any]) -> None:
        for context in contexts:
            answer(context)

    return run


def our_table(task: Task) -> Table:
    settings = FlagSettings(enabled=True, percentage=10_000, allow=frozenset(task.listed))
    keys = [f"flag-{number}" for number in range(FLAGS)]
    variants = {"on": True, "off": False}
    return Table(
        Snapshot(1, "", {key: Flag(key, FlagType.BOOLEAN, variants, salt=key, settings=settings) for key in keys}, {})
    )


def ours(task: Task) -> Contestant:
    """The public function, counting every answer, in a process that holds one table."""
    from app.flags import holder, use

    table = our_table(task)
    holder.here = SimpleNamespace(on=table.on, decide=table.decide, process=None)
    is_enabled = use.is_enabled

    def run(contexts: list[Any]) -> None:
        for context in contexts:
            is_enabled(KEY, context)

    return Contestant("ours, is_enabled(key, target)", str, lambda target: is_enabled(KEY, target), run)


def ours_with_mapping(task: Task) -> Contestant:
    made = ours(task)
    made.name, made.context = (
        "ours, is_enabled(key, {user, company, …})",
        lambda target: {"user": target, "company": "a", "role": "staff"},
    )
    return made


def ours_explained(task: Task) -> Contestant:
    """The whole answer: value, variant, reason, decider."""
    table = our_table(task)

    def run(contexts: list[Any]) -> None:
        for context in contexts:
            table.evaluate(KEY, context)

    return Contestant(
        "ours, evaluate(key, target) with the reason",
        str,
        lambda target: table.evaluate(KEY, target).value is True,
        run,
    )


def unleash(task: Task, *, metrics: bool) -> Contestant:
    """UnleashClient with its Rust engine, bootstrapped from a document; its percentages are whole numbers."""
    from UnleashClient import UnleashClient
    from UnleashClient.cache import FileCache

    strategies = [
        {"name": "userWithId", "parameters": {"userIds": ",".join(task.listed)}},
        {"name": "flexibleRollout", "parameters": {"rollout": "10", "stickiness": "userId", "groupId": KEY}},
    ]
    toggles = [{"name": f"flag-{number}", "enabled": True, "strategies": strategies} for number in range(FLAGS)]
    cache = FileCache("bench", directory=tempfile.mkdtemp())
    cache.bootstrap_from_dict({"version": 1, "features": toggles})
    quiet = {"disable_metrics": not metrics, "disable_registration": True, "metrics_interval": 3600}
    client = UnleashClient(NOWHERE, f"bench-{metrics}", cache=cache, **quiet)
    client.initialize_client(fetch_toggles=False)

    def run(contexts: list[Any]) -> None:
        for context in contexts:
            client.is_enabled(KEY, context)

    name = f"UnleashClient 6.9.1, metrics {'on' if metrics else 'off'}"
    return Contestant(
        name, lambda target: {"userId": target}, lambda context: client.is_enabled(KEY, context), run, native=True
    )


def growthbook(task: Task) -> Contestant:
    """One GrowthBook instance for all contexts, the cheapest way it has."""
    from growthbook import GrowthBook

    rules = [
        {"condition": {"id": {"$in": task.listed}}, "force": True},
        {"force": True, "coverage": 0.1, "hashAttribute": "id", "hashVersion": 2},
    ]
    book = GrowthBook(features={f"flag-{n}": {"defaultValue": False, "rules": rules} for n in range(FLAGS)})

    def answer(context: dict[str, str]) -> bool:
        book.set_attributes(context)
        return bool(book.is_on(KEY))

    def run(contexts: list[Any]) -> None:
        for context in contexts:
            book.set_attributes(context)
            book.is_on(KEY)

    return Contestant("growthbook 4.0.0", lambda target: {"id": target}, answer, run, native=True)


def flagsmith(task: Task) -> Contestant:
    """Flagsmith with local evaluation of an offline document: the list as overrides, the share as a segment."""
    from flagsmith import Flagsmith

    def state(number: int, *, enabled: bool) -> dict[str, Any]:
        feature = {"id": number, "name": f"flag-{number}"}
        return {"feature": feature, "enabled": enabled, "feature_state_value": None, "featurestate_uuid": f"u{number}"}

    share = {"operator": "PERCENTAGE_SPLIT", "property_": "", "value": "10"}
    rule = {"type": "ALL", "conditions": [], "rules": [{"type": "ANY", "conditions": [share], "rules": []}]}
    document = {
        "api_key": "bench",
        "name": "bench",
        "project": {
            "segments": [
                {
                    "id": 1,
                    "name": "tenth",
                    "rules": [rule],
                    "feature_states": [{**state(7, enabled=True), "feature_segment": {"priority": 0}}],
                }
            ]
        },
        "feature_states": [state(number, enabled=False) for number in range(FLAGS)],
        "identity_overrides": [
            {"identifier": one, "identity_features": [state(7, enabled=True)]} for one in task.listed
        ],
    }
    client = Flagsmith(offline_mode=True, offline_handler=SimpleNamespace(get_environment=lambda: document))

    def run(contexts: list[Any]) -> None:
        for context in contexts:
            client.get_identity_flags(context).is_feature_enabled(KEY)

    return Contestant(
        "flagsmith 6.3.0, local evaluation",
        str,
        lambda target: client.get_identity_flags(target).is_feature_enabled(KEY),
        run,
        native=True,
    )


def openfeature(name: str, provider: Any) -> Contestant:
    """The OpenFeature client over a provider; the contexts are made beforehand."""
    from openfeature import api
    from openfeature.evaluation_context import EvaluationContext

    domain = name.replace(" ", "-")
    api.set_provider_and_wait(provider, domain)
    client = api.get_client(domain)

    def run(contexts: list[Any]) -> None:
        for context in contexts:
            client.get_boolean_value(KEY, default_value=False, evaluation_context=context)

    return Contestant(
        f"OpenFeature client, {name}",
        EvaluationContext,
        lambda context: client.get_boolean_value(KEY, default_value=False, evaluation_context=context),
        run,
    )


def our_provider(task: Task) -> Contestant:
    from app.flags.openfeature import QuarterdeckProvider

    table = our_table(task)
    source = SimpleNamespace(
        evaluate=table.evaluate,
        status=lambda: SimpleNamespace(source="database", is_stale=False),
        on_change=lambda _callback: lambda: None,
    )
    return openfeature("our provider", QuarterdeckProvider(source))


def in_memory_provider(task: Task) -> Contestant:
    """The SDK's own provider, with the leanest evaluator that does the task."""
    from openfeature.flag_evaluation import FlagResolutionDetails, Reason
    from openfeature.provider.in_memory_provider import InMemoryFlag, InMemoryProvider

    listed, end = frozenset(task.listed), 2**32 // 10

    def evaluator(flag: Any, context: Any) -> Any:
        target = context.targeting_key
        if target in listed or mmh3_32_uintdigest(f"{KEY}.{target}".encode()) < end:
            return FlagResolutionDetails(value=True, variant="on", reason=Reason.TARGETING_MATCH)
        return FlagResolutionDetails(value=False, variant="off", reason=Reason.DEFAULT)

    variants = {"on": True, "off": False}
    flags = {f"flag-{n}": InMemoryFlag("off", variants, context_evaluator=evaluator) for n in range(FLAGS)}
    return openfeature("its InMemoryProvider", InMemoryProvider(flags))


def flagd_file(task: Task) -> Contestant:
    """flagd's provider in FILE mode, which evaluates JsonLogic in this process."""
    from openfeature.contrib.provider.flagd import FlagdProvider
    from openfeature.contrib.provider.flagd.config import ResolverType

    targeting = {
        "if": [
            {"in": [{"var": "targetingKey"}, task.listed]},
            "on",
            {"fractional": [["on", 10], ["off", 90]]},
        ]
    }
    flag = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off", "targeting": targeting}
    file = Path(tempfile.mkdtemp()) / "flags.json"
    file.write_text(json.dumps({"flags": {f"flag-{number}": flag for number in range(FLAGS)}}))
    provider = FlagdProvider(
        resolver_type=ResolverType.FILE,
        offline_flag_source_path=str(file),
    )
    return openfeature("flagd FILE 0.6.1", provider)


CONTESTANTS: list[Callable[[Task], Contestant]] = [
    ours,
    ours_with_mapping,
    ours_explained,
    lambda task: unleash(task, metrics=True),
    lambda task: unleash(task, metrics=False),
    growthbook,
    flagsmith,
    our_provider,
    in_memory_provider,
    flagd_file,
]
