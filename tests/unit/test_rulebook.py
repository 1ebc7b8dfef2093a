"""The relief rulebook: limits, reasons in both languages, nearest allowed option, and files that are wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from policies.checks import Tier, asked_months, cumulative_limit
from policies.facts import Circumstances, ReliefFacts, ReliefOutcome
from policies.relief import Decision, evaluate, menu
from policies.rulebook import DEFAULT, RulebookError, load_rulebook
from tests.unit.loan_vectors import expected, inputs

RULEBOOK = load_rulebook()

FACTS = ReliefFacts(
    as_of=date(2025, 5, 1),
    currency="CNY",
    outstanding_principal=Decimal("76108.02"),
    annual_rate_pct=Decimal(12),
    method="annuity",
    term_months=12,
    remaining_instalments=9,
    movable_on=date(2025, 5, 15),
    maturity_on=date(2026, 1, 15),
)

OUTCOME = ReliefOutcome(
    added_months=0,
    new_maturity_on=date(2026, 1, 15),
    instalments=9,
    new_principal=Decimal("76108.02"),
    highest_rate_pct=Decimal(12),
)


def decide(kind: str, params: dict[str, Any], **facts: Any) -> Decision:
    """The default rulebook's decision."""
    loan = replace(FACTS, **facts)
    added = 0 if params.get("term") == "keep" else asked_months(loan, kind, params)
    return evaluate(RULEBOOK, loan, [(kind, params)], replace(OUTCOME, added_months=added))


def refusing(decision: Decision) -> list[str]:
    """The ids of the rules that refuse."""
    return [result.id for result in decision.refusals]


def test_an_ordinary_request_is_allowed_at_once() -> None:
    decision = decide("extension", {"months": 2})
    assert decision.allowed and not decision.needs_approval and decision.consents_needed == ()
    assert decision.nearest is None
    assert {result.id for result in decision.results} >= {
        "extension.max_months",
        "relief.cumulative_extension",
    }


def test_too_many_months_name_the_limit_and_the_nearest_allowed() -> None:
    decision = decide("extension", {"months": 9})
    assert refusing(decision) == ["extension.max_months"]
    assert decision.refusals[0].reason_zh == "一次最多可以推迟 6个月，您申请的是 9个月。"
    assert decision.refusals[0].reason_en == "One extension can be up to 6 months; you asked for 9 months."
    assert decision.refusals[0].inputs == {"asked_months": "9", "limit_months": "6"}
    assert decision.nearest == (("extension", {"months": 6}),)


def test_the_cumulative_limits_are_those_of_article_12() -> None:
    tiers: tuple[Tier, ...] = next(
        rule.value for rule in RULEBOOK.rules if rule.check == "cumulative_extension"
    )
    terms = inputs("TXT-21")["original_months"]
    assert [f"{cumulative_limit(term, tiers).normalize():f}" for term in terms] == expected("TXT-21")


@pytest.mark.parametrize(
    ("term", "used", "months", "allowed", "nearest"),
    [
        (6, 0, 6, True, None),
        (6, 5, 1, True, None),
        (6, 5, 2, False, {"months": 1}),
        (6, 6, 1, False, None),
        (13, 1, 6, False, {"months": 5}),
        (24, 10, 3, False, {"months": 2}),
        (120, 31, 6, False, {"months": 5}),
    ],
)
def test_earlier_extensions_count(term: int, used: int, months: int, allowed: bool, nearest: object) -> None:
    decision = decide("extension", {"months": months}, term_months=term, prior_extension_months=used)
    assert decision.allowed is allowed
    assert decision.nearest == (nearest and (("extension", nearest),))


def test_a_deferral_that_keeps_the_term_uses_no_extension() -> None:
    used_up = {"prior_extension_months": 12}
    assert decide("deferral", {"months": 2, "term": "keep"}, **used_up).allowed
    assert refusing(decide("deferral", {"months": 2, "term": "extend"}, **used_up)) == [
        "relief.cumulative_extension"
    ]


def test_more_instalments_count_as_months_of_their_period() -> None:
    assert refusing(decide("reamortise", {"instalments": 22})) == [
        "reamortise.max_months",
        "relief.cumulative_extension",
    ]
    assert decide("reamortise", {"instalments": 22}).nearest == (("reamortise", {"instalments": 21}),)
    weekly = {"period_months": Decimal("0.23")}
    assert decide("reamortise", {"instalments": 22}, **weekly).allowed
    assert decide("reamortise", {}).allowed


def test_an_extension_until_a_date_counts_a_part_of_a_month_as_one() -> None:
    assert decide("extension", {"until": "2025-11-15"}).allowed
    refused = decide("extension", {"until": "2025-11-16"})
    assert not refused.allowed and refused.nearest == (("extension", {"months": 6}),)


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ({"as_of": date(2026, 1, 16)}, "relief.before_maturity"),
        ({"days_past_due": 91}, "relief.days_past_due"),
        ({"restructure_count": 2}, "relief.restructure_count"),
        ({"annual_rate_pct": Decimal("24.01")}, "relief.rate_cap"),
    ],
)
def test_what_months_cannot_mend_has_no_nearest_option(facts: dict[str, Any], rule: str) -> None:
    decision = decide("extension", {"months": 9}, **facts)
    assert rule in refusing(decision)
    assert decision.nearest is None
    for result in decision.refusals:
        assert "{" not in result.reason_zh + result.reason_en


@pytest.mark.parametrize("facts", [{"days_past_due": 90}, {"annual_rate_pct": Decimal("24.00")}])
def test_a_limit_itself_is_still_allowed(facts: dict[str, Any]) -> None:
    assert decide("extension", {"months": 2}, **facts).allowed


def test_guarantor_and_security_must_consent() -> None:
    decision = decide("deferral", {"months": 2}, guarantor=True, secured=True)
    assert decision.allowed
    assert decision.consents_needed == ("guarantor", "security")
    assert [result.needs for result in decision.results if result.needs] == ["consent", "consent"]


@pytest.mark.parametrize(
    "facts", [{"outstanding_principal": Decimal("100000.01")}, {"days_past_due": 31}, {"currency": "USD"}]
)
def test_large_late_and_foreign_loans_need_approval(facts: dict[str, Any]) -> None:
    decision = decide("extension", {"months": 2}, **facts)
    assert decision.allowed and decision.needs_approval


def test_long_requests_need_approval() -> None:
    assert decide("extension", {"months": 4}).needs_approval
    assert not decide("extension", {"months": 3}).needs_approval


def test_a_rule_is_not_applied_before_it_is_in_force() -> None:
    later = replace(
        RULEBOOK, rules=tuple(replace(r, effective_from=date(2026, 1, 1)) for r in RULEBOOK.rules)
    )
    assert evaluate(later, FACTS, [("extension", {"months": 99})], OUTCOME).results == ()


def test_before_the_rulebook_is_in_force_everything_is_refused() -> None:
    decision = decide("extension", {"months": 1}, as_of=date(2019, 12, 31))
    assert not decision.allowed and "rulebook.effective_from" in refusing(decision)


def test_the_menu_depends_on_method_and_reason() -> None:
    def kinds(**facts: Any) -> list[str]:
        return [kind for kind, _ in menu(RULEBOOK, replace(FACTS, **facts), 2)]

    assert kinds() == ["extension", "deferral", "interest_only", "reamortise"]
    assert kinds(circumstances=Circumstances(reason="illness"))[0] == "deferral"
    assert kinds(circumstances=Circumstances(reason="lower_income"))[0] == "interest_only"
    assert kinds(method="bullet")[0] == "extension"
    filled = dict(menu(RULEBOOK, FACTS, 4))
    assert filled["extension"] == {"months": 4}
    assert filled["reamortise"] == {"instalments": 13}
    assert dict(menu(RULEBOOK, FACTS))["extension"] == {"months": RULEBOOK.default_months}


def test_defaults_complete_what_is_not_given() -> None:
    assert RULEBOOK.params_for("extension", {"until": "2025-06-01"}) == {"until": "2025-06-01"}
    assert RULEBOOK.params_for("deferral", {"months": "1", "term": None})["term"] == "extend"


def test_every_rule_says_its_source_and_day() -> None:
    for rule in RULEBOOK.rules:
        assert rule.source and rule.effective_from <= date(2026, 1, 1)


def _changed(tmp_path: Path, *path: Any, to: Any) -> Path:
    data = yaml.safe_load(DEFAULT.read_text(encoding="utf-8"))
    place = data
    for key in path[:-1]:
        place = place[key]
    if to is None:
        del place[path[-1]]
    else:
        place[path[-1]] = to
    file = tmp_path / "rules.yml"
    file.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("path", "to", "says"),
    [
        (("currency",), None, "rulebook.currency: is missing"),
        (("colour",), "red", "rulebook.colour: is unknown"),
        (("quote_valid_hours",), 0, "quote_valid_hours: must be a whole number"),
        (("effective_from",), "2026", "effective_from: must be a date"),
        (("rules",), [], "rules: must be a list"),
        (("rules", 0, "check"), "mood", "check: 'mood' is unknown"),
        (("rules", 1, "value"), "many", "value: give a whole number"),
        (("rules", 3, "value"), 24, "value: give a number in quotes"),
        (("rules", 8, "value"), [{"months": "36"}, {"months": "1"}], "value: each tier needs"),
        (("rules", 9, "value"), 1, "value: this check takes no value"),
        (("rules", 0, "kinds"), ["gift"], "kinds: 'gift' is unknown"),
        (("rules", 0, "source"), " ", "source: must be text"),
        (("rules", 0, "id"), "relief.rate_cap", "relief.rate_cap is used twice"),
        (("rules", 0, "met"), {"zh": "好", "en": "{limit_days}"}, "{limit_days} is no figure of this check"),
        (("rules", 0, "unmet"), {"zh": "好{", "en": "Yes"}, "its braces do not match"),
        (("rules", 0, "unmet"), {"zh": "好"}, "unmet.en: is missing"),
        (("menu", "entries", 0, "offers", 0, "params"), {"weeks": 2}, "weeks: is unknown for extension"),
        (("defaults",), {"gift": {}}, "defaults.gift: 'gift' is unknown"),
        (("menu",), "all", "menu: must be a table"),
    ],
)
def test_a_wrong_rulebook_says_where_and_what_to_do(
    tmp_path: Path, path: tuple[Any, ...], to: Any, says: str
) -> None:
    with pytest.raises(RulebookError) as error:
        load_rulebook(_changed(tmp_path, *path, to=to))
    assert says in str(error.value)
    assert str(error.value).startswith("rules.yml: ")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"a: [1", "is not valid YAML"),
        (b"\xff\xfe\x00", "is not UTF-8"),
        (b"", "must be a table"),
        (None, "does not exist"),
    ],
)
def test_a_file_that_is_no_rulebook_is_named(tmp_path: Path, content: bytes | None, says: str) -> None:
    file = tmp_path / "rules.yml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(RulebookError, match=says):
        load_rulebook(file)
