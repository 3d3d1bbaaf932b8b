"""The product's flags as a flagd document that a stock evaluator answers with equal values.

The percentage is drawn by murmur3-32 of `<salt>.<unit>` and `(hash * 100000) >> 32`, and that is flagd's second
draw of the same text with the weights p and 100000 - p. Its first and third draws are others: for their
evaluators a flag that draws is refused, as is everything else that flagd has no words for.

A flag whose kill switch is off is DISABLED. flagd then gives the caller's own default.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.flags.engine.fractional import MOST_WEIGHT, flagd_draw
from app.flags.engine.hashing import rule_salt, split_salt
from app.flags.engine.model import WHOLE, Algorithm, Flag, Rule, Segment
from app.flags.engine.steps import serving_parts
from app.flags.engine.targeting import EVALUATORS, split_targeting
from app.flags.flagd.conditions import Logic, NotExpressible, say_condition, say_listed, say_segment, say_unit
from app.flags.flagd.schema import type_of

SCHEMA = "https://flagd.dev/schema/v0/flags.json"
SHARED = "quarterdeck"  # first part of the names of our shared rules


@dataclass(frozen=True, slots=True)
class Writing:
    """A document and what is not in it.

    Attributes:
        refused: Flag → why flagd cannot answer it equally, in a sentence.
    """

    document: dict[str, Any]
    refused: dict[str, str] = field(default_factory=dict)


def write_document(
    flags: Iterable[Flag],
    segments: Mapping[str, Segment],
    metadata: Mapping[str, Any] | None = None,
    algorithm: Algorithm = Algorithm.FLAGD_V2,
) -> Writing:
    """Write flags for the evaluators of one draw: the flagd daemon's is v2.

    Args:
        flags: With their settings in the environment that is exported.
        segments: By key.
        metadata: Of the set.
        algorithm: How the evaluator that will read it draws.
    """
    written: dict[str, Any] = {}
    shared: dict[str, Any] = {}
    refused: dict[str, str] = {}
    for flag in flags:
        writer = _Writer(flag, segments, algorithm, shared)
        try:
            written[flag.key] = writer.write()
        except NotExpressible as reason:
            refused[flag.key] = f"“{flag.key}” is not exported: {reason}."
        else:
            shared.update(writer.uses)
    document: dict[str, Any] = {"$schema": SCHEMA, "flags": written}
    if shared:
        document[EVALUATORS] = shared
    if metadata:
        document["metadata"] = dict(metadata)
    return Writing(document, refused)


class _Writer:
    """Writes one flag; `uses` are the shared rules it wants in the document."""

    def __init__(
        self, flag: Flag, segments: Mapping[str, Segment], algorithm: Algorithm, shared: Mapping[str, Any]
    ) -> None:
        self.flag, self.segments, self.algorithm, self.shared = flag, segments, algorithm, shared
        self.uses: dict[str, Any] = {}

    def write(self) -> dict[str, Any]:
        """Return the flag's body."""
        flag, settings = self.flag, self.flag.settings
        if type_of(dict(flag.variants)) is None:
            raise NotExpressible("flagd's variants are all true or false, all texts, all numbers or all objects")
        if settings.prerequisites:
            raise NotExpressible("a flag cannot wait for another in flagd")
        steps, last = self._steps()
        targeting: Logic = {"if": [*steps, last]} if steps else last if isinstance(last, dict) else None
        default = last if isinstance(last, str) and not steps else flag.off_variant
        body: dict[str, Any] = {
            "state": "ENABLED" if settings.enabled else "DISABLED",
            "variants": dict(flag.variants),
        }
        if default is not None:
            body["defaultVariant"] = default
        if targeting is not None:
            body["targeting"] = targeting
        if flag.metadata:
            body["metadata"] = dict(flag.metadata)
        return body

    def _steps(self) -> tuple[list[Logic], Logic]:
        """Return condition and value of each step that may decide, and what everybody else gets."""
        flag, settings, steps = self.flag, self.flag.settings, []
        if settings.block:
            steps += [say_listed(self._unit(), settings.block), None]
        if settings.allow:
            steps += [say_listed(self._unit(), settings.allow), flag.on_variant]
        if settings.targeting is not None:
            return steps, self._imported(settings.targeting)
        for rule in settings.rules:
            steps += self._rule(rule)
        return steps, self._percentage()

    def _imported(self, kept: Mapping[str, Any]) -> Logic:
        rule, own = split_targeting(kept)
        draw = flagd_draw(self.flag.algorithm)
        if _draws([rule, own]) and draw is not self.algorithm:
            raise NotExpressible(f"it draws by {draw}, and the document is for {self.algorithm}")
        for name, part in own.items():
            if self.shared.get(name, part) != part:
                rule = _inline(rule, name, part)
            else:
                self.uses[name] = part
        return rule

    def _rule(self, rule: Rule) -> list[Logic]:
        """Return condition and value for each way in which a rule decides."""
        serve = rule.serve
        parts = serving_parts(serve.variant, serve.split)
        if not parts or serve.percentage <= 0:
            return []
        holds: list[Logic] = [say_condition(condition) for condition in rule.conditions]
        if rule.segments:
            known = [self._segment(key) for key in rule.segments if key in self.segments]
            holds.append({"or": known} if known else False)
        matches: Logic = {"and": holds} if holds else True
        value = self._split(parts)
        if serve.percentage >= WHOLE:
            return [matches, value]
        drawn = self._draw(
            rule_salt(self.flag.salt, rule.id), [(True, serve.percentage), (False, WHOLE - serve.percentage)]
        )
        # Without a unit there is no draw: the engine answers an error with the off variant, and asks no later step.
        return [{"and": [matches, {"!": [self._unit()]}]}, None, {"and": [matches, drawn]}, value]

    def _percentage(self) -> Logic:
        settings, rest = self.flag.settings, WHOLE - self.flag.settings.percentage
        parts = serving_parts(self.flag.on_variant, settings.split)
        if settings.percentage <= 0 or not parts:
            return None
        if rest <= 0:
            return self._split(parts)
        if len(parts) == 1:
            drawn = self._draw(self.flag.salt, [(parts[0][0], settings.percentage), (None, rest)])
        else:
            inside = self._draw(self.flag.salt, [(True, settings.percentage), (False, rest)])
            drawn = {"if": [inside, self._split(parts), None]}
        return {"if": [self._unit(), drawn, None]}

    def _split(self, parts: Sequence[tuple[str, int]]) -> Logic:
        if len(parts) == 1:
            return parts[0][0]
        if sum(weight for _, weight in parts) > MOST_WEIGHT:
            raise NotExpressible(f"flagd's weights add up to at most {MOST_WEIGHT:,}")
        return {"if": [self._unit(), self._draw(split_salt(self.flag.salt), parts), None]}

    def _draw(self, salt: str, shares: Sequence[tuple[Any, int]]) -> Logic:
        if self.algorithm is not Algorithm.FLAGD_V2:
            raise NotExpressible(f"its draw is the daemon's (flagd-v2), and the document is for {self.algorithm}")
        return {"fractional": [{"cat": [f"{salt}.", self._unit()]}, *([variant, weight] for variant, weight in shares)]}

    def _unit(self) -> Logic:
        unit = say_unit(self.flag.scope)
        return (
            self._share(f"{SHARED}.unit.{self.flag.scope}", unit) if isinstance(unit, dict) and "if" in unit else unit
        )

    def _segment(self, key: str) -> Logic:
        # The unit stands in it in full: not every evaluator follows a reference out of a shared rule.
        rule = say_segment(self.segments[key], say_unit(self.flag.scope))
        return self._share(f"{SHARED}.segment.{key}.{self.flag.scope}", rule)

    def _share(self, name: str, rule: Logic) -> Logic:
        if self.shared.get(name, rule) != rule:
            return rule
        self.uses[name] = rule
        return {"$ref": name}


def _draws(rule: Any) -> bool:
    if isinstance(rule, list):
        return any(_draws(part) for part in rule)
    return isinstance(rule, dict) and ("fractional" in rule or any(_draws(part) for part in rule.values()))


def _inline(rule: Any, name: str, part: Any) -> Any:
    """Return a rule with a shared one in the place of its reference: another flag's has the name."""
    if isinstance(rule, list):
        return [_inline(item, name, part) for item in rule]
    if not isinstance(rule, dict):
        return rule
    if rule == {"$ref": name}:
        return part
    return {key: _inline(value, name, part) for key, value in rule.items()}
