"""Reading a relief rulebook from YAML and saying clearly what is wrong with it."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from string import Formatter
from typing import Any

import yaml

from policies.checks import CHECKS
from policies.kinds import KINDS, MOST_COMBINED, PARAMS
from policies.names import ASSET_CLASSES, COMPONENTS
from policies.rules import (
    CERTAINTIES,
    AgreementRules,
    Effect,
    Level,
    MenuEntry,
    Provenance,
    Rule,
    Rulebook,
    RulebookError,
    Sentence,
    Wanted,
)
from policies.yaml_file import line_of, parse

NOT_A_FIGURE: frozenset[str] = frozenset()
NEVER = Sentence("", "")
AFTER_BROKEN = ("restore_old", "keep_new")
EFFECTS = ("keep", "at_least_special_mention", "restructured_watch")
PROVENANCE = {"effective_from", "source", "certainty", "confirmed_by"}
_ID = re.compile(r" \([^)]*\)")


def read_rulebook(path: Path) -> Rulebook:
    """The rulebook in a YAML file. Raises RulebookError naming the file, the key, the line and what to do."""
    try:
        data, root = parse(path)
    except OSError:
        raise RulebookError(path, "file", "cannot be read; give the path of a rulebook") from None
    except UnicodeDecodeError as error:
        raise RulebookError(path, "file", f"is not UTF-8 text ({error.reason}); save it as UTF-8") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = f"is not valid YAML: {' '.join(str(error).split())}; correct it there"
        raise RulebookError(path, "file", what, mark.line + 1 if mark else 0) from None
    try:
        return _Reader(path).rulebook(data)
    except RulebookError as error:
        error.line = line_of(root, "" if error.key == "rulebook" else _ID.sub("", error.key))
        raise


class _Fields:
    """Reads single values of decoded YAML, or says where it cannot."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def fail(self, key: str, what: str) -> Any:
        raise RulebookError(self.path, key, what)

    def mapping(self, key: str, given: Any) -> dict[str, Any]:
        if not isinstance(given, dict) or not all(isinstance(name, str) for name in given):
            self.fail(key, "must be a table of names and values")
        return dict(given)

    def table(
        self, key: str, given: Any, required: set[str], optional: set[str] | frozenset[str] = frozenset()
    ) -> dict[str, Any]:
        found = self.mapping(key, given)
        prefix = "" if key == "rulebook" else f"{key}."
        for name in sorted(required - set(found)):
            self.fail(f"{prefix}{name}", "is missing; add it")
        for name in sorted(set(found) - required - optional):
            self.fail(f"{prefix}{name}", "is unknown; remove it or correct its spelling")
        return found

    def items(self, key: str, given: Any) -> list[Any]:
        if not isinstance(given, list) or not given:
            self.fail(key, "must be a list with at least one entry")
        return list(given)

    def text(self, key: str, given: Any) -> str:
        if not isinstance(given, str) or not given.strip():
            self.fail(key, "must be text")
        return str(given)

    def texts(self, key: str, given: Any) -> tuple[str, ...]:
        if not isinstance(given, list):
            self.fail(key, "must be a list of names")
        return tuple(self.text(key, item) for item in given)

    def optional_text(self, key: str, given: Any) -> str | None:
        return None if given is None else self.text(key, given)

    def one_of(self, key: str, given: Any, known: Any) -> Any:
        if given not in tuple(known):
            self.fail(key, f"{given!r} is unknown; use one of {', '.join(known)}")
        return given

    def some_of(self, key: str, given: Any, known: Any) -> tuple[str, ...]:
        return tuple(self.one_of(key, name, known) for name in self.texts(key, given))

    def whole(self, key: str, given: Any, least: int) -> int:
        if isinstance(given, bool) or not isinstance(given, int) or given < least:
            self.fail(key, f"must be a whole number, {least} or more")
        return int(given)

    def day(self, key: str, given: Any) -> date:
        if type(given) is not date:
            self.fail(key, "must be a date such as 2026-01-01, without quotes")
        return date.fromisoformat(str(given))

    def sentence(self, key: str, given: Any, figures: frozenset[str] = NOT_A_FIGURE) -> Sentence:
        words = self.table(key, given, {"zh", "en"})
        for language in ("zh", "en"):
            text = self.text(f"{key}.{language}", words[language])
            try:
                names = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
            except ValueError as error:
                self.fail(
                    f"{key}.{language}", f"its braces do not match ({error}); write figures as {{name}}"
                )
            for name in sorted(names - figures):
                known = ", ".join(sorted(figures)) or "none"
                self.fail(f"{key}.{language}", f"{{{name}}} is no figure of this check; it has: {known}")
        return Sentence(words["zh"], words["en"])


class _Reader(_Fields):
    """Turns decoded YAML into a rulebook, or says where it cannot."""

    def rulebook(self, data: Any) -> Rulebook:
        required = {
            "id",
            "title",
            "currency",
            "effective_from",
            "source",
            "confirmed_by",
            "quote_valid_hours",
        }
        parts = {"levels", "defaults", "rules", "effects", "menu", "agreements"}
        book = self.table("rulebook", data, required | parts)
        menu = self.table("menu", book["menu"], {"max_options", "default_months", "entries"})
        defaults = self.mapping("defaults", book["defaults"])
        levels = self.levels(book["levels"])
        return Rulebook(
            id=self.text("id", book["id"]),
            title=self.sentence("title", book["title"]),
            currency=self.text("currency", book["currency"]),
            effective_from=self.day("effective_from", book["effective_from"]),
            source=self.text("source", book["source"]),
            confirmed_by=self.optional_text("confirmed_by", book["confirmed_by"]),
            quote_valid_hours=self.whole("quote_valid_hours", book["quote_valid_hours"], 1),
            levels=levels,
            defaults={
                kind: self.params(f"defaults.{kind}", kind, params) for kind, params in defaults.items()
            },
            rules=self.rules(book["rules"], [level.id for level in levels]),
            effects=tuple(
                self.effect(f"effects[{index}]", entry)
                for index, entry in enumerate(self.items("effects", book["effects"]))
            ),
            menu=tuple(
                self.entry(f"menu.entries[{index}]", entry)
                for index, entry in enumerate(self.items("menu.entries", menu["entries"]))
            ),
            max_options=self.whole("menu.max_options", menu["max_options"], 1),
            default_months=self.whole("menu.default_months", menu["default_months"], 1),
            agreements=self.agreements(book["agreements"]),
        )

    def levels(self, given: Any) -> tuple[Level, ...]:
        levels = []
        for index, entry in enumerate(self.items("levels", given)):
            key = f"levels[{index}]"
            level = self.table(key, entry, {"id", "zh", "en"})
            words = self.sentence(key, {"zh": level["zh"], "en": level["en"]})
            levels.append(Level(self.text(f"{key}.id", level["id"]), words))
        return tuple(levels)

    def rules(self, given: Any, levels: list[str]) -> tuple[Rule, ...]:
        rules: list[Rule] = []
        for index, entry in enumerate(self.items("rules", given)):
            rule = self.rule(f"rules[{index}]", entry, levels)
            if any(rule.id == other.id for other in rules):
                self.fail(f"rules[{index}].id", f"{rule.id} is used twice; give each rule its own id")
            rules.append(rule)
        return tuple(rules)

    def rule(self, key: str, given: Any, levels: list[str]) -> Rule:
        required = {"id", "check", "kinds", "unmet", *PROVENANCE}
        rule = self.table(key, given, required, {"value", "approval", "met", "effective_to"})
        name = self.text(f"{key}.id", rule["id"])
        key = f"{key} ({name})"
        check = CHECKS[self.one_of(f"{key}.check", rule["check"], CHECKS)]
        if check.can_be_met != ("met" in rule):
            self.fail(f"{key}.met", "is missing; add it" if check.can_be_met else "is never so; remove it")
        try:
            value = check.read_value(rule.get("value"))
        except ValueError as error:
            self.fail(f"{key}.value", str(error))
        approval = rule.get("approval")
        if approval is not None:
            self.one_of(f"{key}.approval", approval, levels)
        if approval is not None and check.consent_of:
            self.fail(f"{key}.approval", "a rule about a consent asks for that consent; remove the approval")
        return Rule(
            id=name,
            check=rule["check"],
            value=value,
            kinds=self.kinds(f"{key}.kinds", rule["kinds"]),
            approval=approval,
            met=self.sentence(f"{key}.met", rule["met"], check.inputs) if check.can_be_met else NEVER,
            unmet=self.sentence(f"{key}.unmet", rule["unmet"], check.inputs),
            provenance=self.provenance(key, rule),
        )

    def provenance(self, key: str, given: dict[str, Any]) -> Provenance:
        until = given.get("effective_to")
        return Provenance(
            effective_from=self.day(f"{key}.effective_from", given["effective_from"]),
            effective_to=None if until is None else self.day(f"{key}.effective_to", until),
            source=self.text(f"{key}.source", given["source"]),
            certainty=self.one_of(f"{key}.certainty", given["certainty"], CERTAINTIES),
            confirmed_by=self.optional_text(f"{key}.confirmed_by", given["confirmed_by"]),
        )

    def effect(self, key: str, given: Any) -> Effect:
        required = {"id", "kinds", "asset_class", "class_words", "record_words", *PROVENANCE}
        effect = self.table(key, given, required, {"watch_months", "watch_periods", "effective_to"})
        watched = effect["asset_class"] == "restructured_watch"
        if watched != ({"watch_months", "watch_periods"} <= set(effect)):
            self.fail(
                f"{key}.asset_class",
                "watch_months and watch_periods belong to restructured_watch, and only there",
            )
        return Effect(
            id=self.text(f"{key}.id", effect["id"]),
            kinds=self.kinds(f"{key}.kinds", effect["kinds"]),
            asset_class=self.one_of(f"{key}.asset_class", effect["asset_class"], EFFECTS),
            watch_months=self.whole(f"{key}.watch_months", effect.get("watch_months", 0), 0),
            watch_periods=self.whole(f"{key}.watch_periods", effect.get("watch_periods", 0), 0),
            class_words=self.sentence(
                f"{key}.class_words", effect["class_words"], frozenset({"watch_months"})
            ),
            record_words=self.sentence(f"{key}.record_words", effect["record_words"]),
            provenance=self.provenance(key, effect),
        )

    def agreements(self, given: Any) -> AgreementRules:
        required = {"grace_days", "missed_instalments", "after_broken", *PROVENANCE}
        found = self.table("agreements", given, required, {"case"})
        return AgreementRules(
            grace_days=self.whole("agreements.grace_days", found["grace_days"], 0),
            missed_instalments=self.whole("agreements.missed_instalments", found["missed_instalments"], 1),
            after_broken=self.one_of("agreements.after_broken", found["after_broken"], AFTER_BROKEN),
            case=self.optional_text("agreements.case", found.get("case")),
            source=self.provenance("agreements", found).source,
        )

    def entry(self, key: str, given: Any) -> MenuEntry:
        conditions = {"methods", "classes", "reasons", "industries", "tags", "owing", "days_past_due"}
        entry = self.table(key, given, {"id", "offers"}, conditions)
        return MenuEntry(
            id=self.text(f"{key}.id", entry["id"]),
            offers=tuple(
                self.offer(f"{key}.offers[{index}]", offer)
                for index, offer in enumerate(self.items(f"{key}.offers", entry["offers"]))
            ),
            methods=self.texts(f"{key}.methods", entry.get("methods", [])),
            classes=self.some_of(f"{key}.classes", entry.get("classes", []), ASSET_CLASSES),
            reasons=self.texts(f"{key}.reasons", entry.get("reasons", [])),
            industries=self.texts(f"{key}.industries", entry.get("industries", [])),
            tags=self.texts(f"{key}.tags", entry.get("tags", [])),
            owing=self.some_of(f"{key}.owing", entry.get("owing", []), COMPONENTS),
            days_past_due=self.days(f"{key}.days_past_due", entry.get("days_past_due", {})),
        )

    def days(self, key: str, given: Any) -> tuple[int, int | None]:
        found = self.table(key, given, set(), {"from", "to"})
        first = self.whole(f"{key}.from", found.get("from", 0), 0)
        return first, self.whole(f"{key}.to", found["to"], first) if "to" in found else None

    def offer(self, key: str, given: Any) -> tuple[Wanted, ...]:
        """One step, or several under `combined`."""
        offer = self.mapping(key, given)
        if "combined" not in offer:
            return (self.step(key, offer),)
        steps = self.items(f"{key}.combined", self.table(key, offer, {"combined"})["combined"])
        if len(steps) > MOST_COMBINED:
            self.fail(f"{key}.combined", f"has {len(steps)} kinds; combine at most {MOST_COMBINED}")
        return tuple(self.step(f"{key}.combined[{index}]", step) for index, step in enumerate(steps))

    def step(self, key: str, given: Any) -> Wanted:
        found = self.table(key, given, {"kind", "params"})
        kind = self.one_of(f"{key}.kind", found["kind"], KINDS)
        return kind, self.params(f"{key}.params", kind, found["params"])

    def kinds(self, key: str, given: Any) -> tuple[str, ...]:
        return tuple(self.one_of(key, kind, KINDS) for kind in self.items(key, given))

    def params(self, key: str, kind: str, given: Any) -> dict[str, Any]:
        self.one_of(key, kind, KINDS)
        params = self.mapping(key, given)
        for name in params:
            if name not in PARAMS[kind]:
                self.fail(
                    f"{key}.{name}", f"is unknown for {kind}; use one of {', '.join(sorted(PARAMS[kind]))}"
                )
        return params
