"""Rulebook files: those of the repository, their schema, and what is said about one that is wrong."""

from __future__ import annotations

import json
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from policies.checks import CHECKS
from policies.kinds import KINDS
from policies.rulebook import DEFAULT, FOLDER, RulebookError, load_rulebook

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "docs" / "schemas" / "rulebook.json").read_text(encoding="utf-8")
)
PROFILES = sorted(FOLDER.glob("*.yml"))


@cache
def decoded(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def position(rule_id: str) -> int:
    """Where a rule stands in the default rulebook."""
    return [rule["id"] for rule in decoded(DEFAULT)["rules"]].index(rule_id)


def test_there_is_a_profile_for_each_sort_of_lender() -> None:
    assert [path.stem for path in PROFILES] == ["cn_bank", "cn_microcredit", "uk_lender"]
    assert [load_rulebook(path).currency for path in PROFILES] == ["CNY", "CNY", "GBP"]


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: str(path.stem))
def test_each_profile_has_the_shape_of_the_schema(path: Path) -> None:
    shape = json.loads(json.dumps(decoded(path), default=str))
    jsonschema.validate(shape, SCHEMA, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**shape, "rules": []}, SCHEMA)


def test_the_schema_knows_every_kind_and_check() -> None:
    assert SCHEMA["$defs"]["kind"]["enum"] == list(KINDS)
    assert SCHEMA["$defs"]["rule"]["properties"]["check"]["enum"] == list(CHECKS)


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: str(path.stem))
def test_each_profile_says_where_every_rule_comes_from_and_rules_every_kind(path: Path) -> None:
    book = load_rulebook(path)
    for provenance in [
        *(rule.provenance for rule in book.rules),
        *(effect.provenance for effect in book.effects),
    ]:
        assert provenance.source and provenance.confirmed_by is None
    assert {kind for effect in book.effects for kind in effect.kinds} == set(KINDS)
    assert set(book.defaults) == set(KINDS)
    assert {rule.check for rule in book.rules} <= set(CHECKS)


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: str(path.stem))
def test_words_differ_where_rules_differ(path: Path) -> None:
    for rule in load_rulebook(path).rules:
        assert rule.met.zh != rule.unmet.zh and rule.met.en != rule.unmet.en, rule.id


def changed(tmp_path: Path, *path: Any, to: Any) -> Path:
    data = deepcopy(decoded(DEFAULT))
    place = data
    for key in path[:-1]:
        place = place[key]
    if to is None:
        del place[path[-1]]
    else:
        place[path[-1]] = to
    file = tmp_path / "rules.yml"
    file.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return file


LATE = position("relief.days_past_due")
CAP = position("relief.rate_cap")
LIMITS = position("relief.cumulative_extension")
CONSENT = position("consent.guarantor")
SETTLEMENT = position("settlement.approval")


@pytest.mark.parametrize(
    ("path", "to", "says"),
    [
        (("currency",), None, "currency: is missing"),
        (("colour",), "red", "colour: is unknown"),
        (("quote_valid_hours",), 0, "quote_valid_hours: must be a whole number"),
        (("effective_from",), "2026", "effective_from: must be a date"),
        (("rules",), [], "rules: must be a list"),
        (("rules", 0, "check"), "mood", "check: 'mood' is unknown"),
        (("rules", LATE, "value"), "many", "value: give a whole number"),
        (("rules", LATE, "approval"), "nobody", "approval: 'nobody' is unknown; use one of officer, manager"),
        (("rules", CAP, "value"), 24, "value: give a number in quotes"),
        (("rules", LIMITS, "value"), [{"months": "36"}, {"months": "1"}], "value: each tier needs"),
        (("rules", LIMITS, "value"), [{"days": "36"}], "value: each tier has term_up_to_months"),
        (("rules", CONSENT, "value"), 1, "value: this check takes no value"),
        (("rules", CONSENT, "approval"), "officer", "approval: a rule about a consent"),
        (("rules", SETTLEMENT, "met"), {"zh": "好", "en": "Yes"}, "met: is never so; remove it"),
        (("rules", 0, "met"), None, "met: is missing; add it"),
        (("rules", 0, "kinds"), ["gift"], "kinds: 'gift' is unknown"),
        (("rules", 0, "source"), " ", "source: must be text"),
        (("rules", 0, "certainty"), "sure", "certainty: 'sure' is unknown; use one of read"),
        (("rules", 0, "id"), "relief.rate_cap", "relief.rate_cap is used twice"),
        (("rules", 0, "met"), {"zh": "好", "en": "{limit_days}"}, "{limit_days} is no figure of this check"),
        (("rules", 0, "unmet"), {"zh": "好{", "en": "Yes"}, "its braces do not match"),
        (("rules", 0, "unmet"), {"zh": "好"}, "unmet.en: is missing"),
        (("effects", 0, "watch_months"), None, "watch_months and watch_periods belong to restructured_watch"),
        (("effects", 0, "asset_class"), "better", "asset_class: watch_months"),
        (
            ("agreements", "after_broken"),
            "punish",
            "after_broken: 'punish' is unknown; use one of restore_old",
        ),
        (("levels",), [], "levels: must be a list"),
        (("menu", "entries", 1, "offers", 0, "params"), {"weeks": 2}, "weeks: is unknown for extension"),
        (("menu", "entries", 0, "offers", 0, "combined", 0, "kind"), "gift", "kind: 'gift' is unknown"),
        (
            ("menu", "entries", 0, "days_past_due"),
            {"from": 9, "to": 3},
            "to: must be a whole number, 9 or more",
        ),
        (("menu", "entries", 0, "owing"), ["time"], "owing: 'time' is unknown"),
        (("defaults",), {"gift": {}}, "defaults.gift: 'gift' is unknown"),
        (("menu",), "all", "menu: must be a table"),
    ],
)
def test_a_wrong_rulebook_says_where_and_what_to_do(
    tmp_path: Path, path: tuple[Any, ...], to: Any, says: str
) -> None:
    with pytest.raises(RulebookError) as error:
        load_rulebook(changed(tmp_path, *path, to=to))
    assert says in str(error.value)
    assert str(error.value).startswith("rules.yml: ")


@pytest.mark.parametrize(
    ("path", "to", "marked"),
    [
        (("rules", LATE, "value"), "many", "value: many"),
        (("menu", "entries", 1, "methods"), "bullet", "methods: bullet"),
        (("rules", 0, "unmet"), {"zh": "好"}, "unmet:"),
        (("currency",), None, "id: cn_microcredit"),
    ],
)
def test_the_line_is_that_of_the_mistake_or_of_what_lacks_something(
    tmp_path: Path, path: tuple[Any, ...], to: Any, marked: str
) -> None:
    file = changed(tmp_path, *path, to=to)
    with pytest.raises(RulebookError) as error:
        load_rulebook(file)
    assert file.read_text(encoding="utf-8").splitlines()[error.value.line - 1].strip() == marked


@pytest.mark.parametrize(
    ("content", "says", "line"),
    [
        (b"a: 1\nb: [1", "is not valid YAML", 2),
        (b"\xff\xfe\x00", "is not UTF-8", 0),
        (b"", "must be a table", 0),
        (None, "cannot be read", 0),
    ],
)
def test_a_file_that_is_no_rulebook_is_named(
    tmp_path: Path, content: bytes | None, says: str, line: int
) -> None:
    file = tmp_path / "rules.yml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(RulebookError, match=says) as error:
        load_rulebook(file)
    assert error.value.line == line
