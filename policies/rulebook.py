"""A relief rulebook: reading the YAML file and saying clearly what is wrong with it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any, Literal

import yaml

from policies.checks import CHECKS
from policies.kinds import KINDS, PARAMS

FOLDER = Path(__file__).parent / "relief"
DEFAULT = FOLDER / "cn_microcredit.yml"
REQUESTED = "requested"
REMAINING_PLUS_REQUESTED = "remaining_plus_requested"


class RulebookError(ValueError):
    """A rulebook that cannot be used: `file`, `key` (where in it) and what to do."""

    def __init__(self, file: Path, key: str, what: str) -> None:
        super().__init__(f"{file.name}: {key}: {what}")
        self.file = file
        self.key = key
        self.what = what


@dataclass(frozen=True)
class Sentence:
    """One sentence in both languages, with figures in braces."""

    zh: str
    en: str


@dataclass(frozen=True)
class Rule:
    """One rule: which check, with which value, for which kinds, from when, by which source, and its words."""

    id: str
    check: str
    value: Any
    kinds: tuple[str, ...]
    effective_from: date
    effective_to: date | None
    source: str
    confirmed_by: str | None
    met: Sentence
    unmet: Sentence

    def applies(self, kind: str, on: date) -> bool:
        """Whether the rule is about `kind` and in force on a day."""
        in_force = self.effective_from <= on and (self.effective_to is None or on <= self.effective_to)
        return kind in self.kinds and in_force


@dataclass(frozen=True)
class MenuEntry:
    """What to offer, in order, to loans of some methods and borrowers with some reasons (empty: any)."""

    id: str
    methods: tuple[str, ...]
    reasons: tuple[str, ...]
    offers: tuple[tuple[str, Mapping[str, Any]], ...]


@dataclass(frozen=True)
class AgreementRules:
    """When an agreement in force is broken, and what follows.

    It is broken when `missed_instalments` of its instalments are unpaid more than `grace_days` after their due
    dates. `after_broken` says which schedule counts then: the old one (restore_old) or the agreement's
    (keep_new). `case` is the kind of case opened for staff, None when none is.
    """

    grace_days: int
    missed_instalments: int
    after_broken: Literal["restore_old", "keep_new"]
    case: str | None
    source: str


@dataclass(frozen=True)
class Rulebook:
    """A lender's relief rules. Amounts are in `currency`; a quote made by them holds `quote_valid_hours`."""

    id: str
    title: Sentence
    currency: str
    effective_from: date
    source: str
    confirmed_by: str | None
    quote_valid_hours: int
    defaults: Mapping[str, Mapping[str, Any]]
    rules: tuple[Rule, ...]
    menu: tuple[MenuEntry, ...]
    max_options: int
    default_months: int
    agreements: AgreementRules

    @property
    def looks_at_branch(self) -> bool:
        """Whether a rule needs the sums of the loan's branch, which are read from the whole book."""
        return any(rule.check == "max_branch_share" for rule in self.rules)

    def params_for(self, kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """`given` completed with the defaults for the kind; an extension until a date takes no months."""
        defaults = dict(self.defaults.get(kind, {}))
        if given.get("until") is not None:
            defaults.pop("months", None)
        return {**defaults, **{name: value for name, value in given.items() if value is not None}}


def load_rulebook(path: Path = DEFAULT) -> Rulebook:
    """The rulebook in a YAML file. Raises RulebookError naming the file, the key and what to do."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RulebookError(path, "file", "does not exist; give the path of a rulebook") from None
    except UnicodeDecodeError as error:
        raise RulebookError(path, "file", f"is not UTF-8 text ({error.reason}); save it as UTF-8") from None
    except yaml.YAMLError as error:
        raise RulebookError(path, "file", f"is not valid YAML: {_where(error)}; correct it there") from None
    return _Reader(path).rulebook(data)


@cache
def rulebook() -> Rulebook:
    """Return this installation's relief rulebook, read once: `policies/relief/<TIDEOVER_RULEBOOK>.yml`."""
    name = os.environ.get("TIDEOVER_RULEBOOK")
    return load_rulebook(DEFAULT.with_stem(name) if name else DEFAULT)


def _where(error: yaml.YAMLError) -> str:
    return " ".join(str(error).split())


class _Reader:
    """Turns decoded YAML into a rulebook, or says where it cannot."""

    def __init__(self, path: Path) -> None:
        self.path = path

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
        book = self.table("rulebook", data, {*required, "defaults", "rules", "menu", "agreements"})
        menu = self.table("menu", book["menu"], {"max_options", "default_months", "entries"})
        defaults = self.mapping("defaults", book["defaults"])
        return Rulebook(
            id=self.text("id", book["id"]),
            title=self.sentence("title", book["title"], frozenset()),
            currency=self.text("currency", book["currency"]),
            effective_from=self.day("effective_from", book["effective_from"]),
            source=self.text("source", book["source"]),
            confirmed_by=self.optional_text("confirmed_by", book["confirmed_by"]),
            quote_valid_hours=self.count("quote_valid_hours", book["quote_valid_hours"]),
            defaults={
                kind: self.params(f"defaults.{kind}", kind, params) for kind, params in defaults.items()
            },
            rules=self.rules(book["rules"]),
            menu=tuple(
                self.entry(f"menu.entries[{index}]", entry)
                for index, entry in enumerate(self.items("menu.entries", menu["entries"]))
            ),
            max_options=self.count("menu.max_options", menu["max_options"]),
            default_months=self.count("menu.default_months", menu["default_months"]),
            agreements=self.agreements(book["agreements"]),
        )

    def agreements(self, given: Any) -> AgreementRules:
        names = {"grace_days", "missed_instalments", "after_broken", "source", "confirmed_by"}
        found = self.table("agreements", given, names, {"case"})
        self.optional_text("agreements.confirmed_by", found["confirmed_by"])
        after = found["after_broken"]
        if after not in ("restore_old", "keep_new"):
            self.fail("agreements.after_broken", f"{after!r} is unknown; use restore_old or keep_new")
        return AgreementRules(
            grace_days=self.whole("agreements.grace_days", found["grace_days"]),
            missed_instalments=self.count("agreements.missed_instalments", found["missed_instalments"]),
            after_broken=after,
            case=self.optional_text("agreements.case", found.get("case")),
            source=self.text("agreements.source", found["source"]),
        )

    def rules(self, given: Any) -> tuple[Rule, ...]:
        rules: list[Rule] = []
        for index, entry in enumerate(self.items("rules", given)):
            rule = self.rule(f"rules[{index}]", entry)
            if any(rule.id == other.id for other in rules):
                self.fail(f"rules[{index}].id", f"{rule.id} is used twice; give each rule its own id")
            rules.append(rule)
        return tuple(rules)

    def rule(self, key: str, given: Any) -> Rule:
        required = {"id", "check", "kinds", "effective_from", "source", "confirmed_by", "met", "unmet"}
        rule = self.table(key, given, required, {"value", "effective_to"})
        name = self.text(f"{key}.id", rule["id"])
        key = f"{key} ({name})"
        check = rule["check"]
        if not isinstance(check, str) or check not in CHECKS:
            self.fail(f"{key}.check", f"{check!r} is unknown; use one of {', '.join(CHECKS)}")
        try:
            value = CHECKS[check].read_value(rule.get("value"))
        except ValueError as error:
            self.fail(f"{key}.value", str(error))
        return Rule(
            id=name,
            check=check,
            value=value,
            kinds=tuple(
                self.kind(f"{key}.kinds", kind) for kind in self.items(f"{key}.kinds", rule["kinds"])
            ),
            effective_from=self.day(f"{key}.effective_from", rule["effective_from"]),
            effective_to=self.day(f"{key}.effective_to", rule["effective_to"])
            if "effective_to" in rule
            else None,
            source=self.text(f"{key}.source", rule["source"]),
            confirmed_by=self.optional_text(f"{key}.confirmed_by", rule["confirmed_by"]),
            met=self.sentence(f"{key}.met", rule["met"], CHECKS[check].inputs),
            unmet=self.sentence(f"{key}.unmet", rule["unmet"], CHECKS[check].inputs),
        )

    def entry(self, key: str, given: Any) -> MenuEntry:
        entry = self.table(key, given, {"id", "offers"}, {"methods", "reasons"})
        offers = []
        for index, offer in enumerate(self.items(f"{key}.offers", entry["offers"])):
            where = f"{key}.offers[{index}]"
            found = self.table(where, offer, {"kind", "params"})
            kind = self.kind(f"{where}.kind", found["kind"])
            offers.append((kind, self.params(f"{where}.params", kind, found["params"])))
        return MenuEntry(
            id=self.text(f"{key}.id", entry["id"]),
            methods=self.texts(f"{key}.methods", entry.get("methods", [])),
            reasons=self.texts(f"{key}.reasons", entry.get("reasons", [])),
            offers=tuple(offers),
        )

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
        for name in sorted(required - set(found)):
            self.fail(f"{key}.{name}", "is missing; add it")
        for name in sorted(set(found) - required - optional):
            self.fail(f"{key}.{name}", "is unknown; remove it or correct its spelling")
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

    def count(self, key: str, given: Any) -> int:
        if isinstance(given, bool) or not isinstance(given, int) or given < 1:
            self.fail(key, "must be a whole number, 1 or more")
        return int(given)

    def whole(self, key: str, given: Any) -> int:
        if isinstance(given, bool) or not isinstance(given, int) or given < 0:
            self.fail(key, "must be a whole number, 0 or more")
        return int(given)

    def day(self, key: str, given: Any) -> date:
        if type(given) is not date:
            self.fail(key, "must be a date such as 2026-01-01, without quotes")
        return date.fromisoformat(str(given))

    def kind(self, key: str, given: Any) -> str:
        if given not in KINDS:
            self.fail(key, f"{given!r} is unknown; use one of {', '.join(KINDS)}")
        return str(given)

    def params(self, key: str, kind: str, given: Any) -> dict[str, Any]:
        self.kind(key, kind)
        params = self.mapping(key, given)
        for name in params:
            if name not in PARAMS[kind]:
                self.fail(
                    f"{key}.{name}", f"is unknown for {kind}; use one of {', '.join(sorted(PARAMS[kind]))}"
                )
        return params

    def sentence(self, key: str, given: Any, inputs: frozenset[str]) -> Sentence:
        words = self.table(key, given, {"zh", "en"})
        for language in ("zh", "en"):
            text = self.text(f"{key}.{language}", words[language])
            try:
                names = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
            except ValueError as error:
                self.fail(
                    f"{key}.{language}", f"its braces do not match ({error}); write figures as {{name}}"
                )
            for name in sorted(names - inputs):
                known = ", ".join(sorted(inputs)) or "none"
                self.fail(f"{key}.{language}", f"{{{name}}} is no figure of this check; it has: {known}")
        return Sentence(words["zh"], words["en"])
