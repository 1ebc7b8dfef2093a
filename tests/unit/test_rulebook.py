"""The relief rulebook's decisions: limits, reasons in both languages, consents, approvals, and the menu."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from policies.checks import asked_months
from policies.checks.terms import cumulative_limit, product_limit
from policies.facts import Circumstances
from policies.relief import evaluate, menu
from tests.support.rules import FACTS, OUTCOME, RULEBOOK, asking, decide, refusing, value_of
from tests.unit.loan_vectors import expected, inputs


def test_an_ordinary_request_is_allowed_at_once() -> None:
    decision = decide(("extension", {"months": 2}))
    assert decision.allowed and not decision.needs_approval and decision.consents_needed == ()
    assert decision.nearest is None and decision.approval_level is None
    assert {result.id for result in decision.results} >= {
        "extension.max_months",
        "relief.cumulative_extension",
    }


def test_too_many_months_name_the_limit_and_the_nearest_allowed() -> None:
    decision = decide(("extension", {"months": 9}))
    assert refusing(decision) == ["extension.max_months"]
    assert decision.refusals[0].reason_zh == "一次最多可以推迟 6个月，您申请的是 9个月。"
    assert decision.refusals[0].reason_en == "One extension can be up to 6 months; you asked for 9 months."
    assert decision.refusals[0].inputs == {"asked_months": "9", "limit_months": "6"}
    assert decision.nearest == (("extension", {"months": 6}),)


def test_the_cumulative_limits_are_those_of_article_12() -> None:
    tiers = value_of("relief.cumulative_extension")
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
    decision = decide(("extension", {"months": months}), term_months=term, prior_extension_months=used)
    assert decision.allowed is allowed
    assert decision.nearest == (nearest and (("extension", nearest),))


def test_what_the_product_leaves_is_that_of_article_39() -> None:
    short = value_of("relief.product_term")["short_term_months"]
    for (term, longest, used), left in zip(inputs("TXT-22")["cases"], expected("TXT-22"), strict=True):
        assert product_limit(term, longest, short) - used == left
        here = {"product_max_term_months": longest}
        loan: dict[str, Any] = {"term_months": term, "prior_extension_months": used}
        asks = [
            "relief.product_term" in asking(decide(("extension", {"months": months}), here=here, **loan))
            for months in (left, left + 1)
        ]
        assert asks == [False, True]


def test_without_the_products_longest_term_nobody_asks_for_it() -> None:
    results = decide(("extension", {"months": 2})).results
    assert "relief.product_term" not in {result.id for result in results}


def test_a_deferral_that_keeps_the_term_uses_no_extension() -> None:
    used_up: dict[str, Any] = {"prior_extension_months": 12}
    assert decide(("deferral", {"months": 2, "term": "keep"}), **used_up).allowed
    assert refusing(decide(("deferral", {"months": 2, "term": "extend"}), **used_up)) == [
        "relief.cumulative_extension"
    ]


def test_more_instalments_count_as_months_of_their_period() -> None:
    too_many = decide(("reamortise", {"instalments": 22}))
    assert refusing(too_many) == ["reamortise.max_months", "relief.cumulative_extension"]
    assert too_many.nearest == (("reamortise", {"instalments": 21}),)
    assert decide(("reamortise", {"instalments": 22}), period_months=Decimal("0.23")).allowed
    assert decide(("reamortise", {})).allowed


def test_an_extension_until_a_date_counts_a_part_of_a_month_as_one() -> None:
    assert decide(("extension", {"until": "2025-11-15"})).allowed
    refused = decide(("extension", {"until": "2025-11-16"}))
    assert not refused.allowed and refused.nearest == (("extension", {"months": 6}),)


def test_the_days_of_an_interest_pause_count_from_their_first() -> None:
    days = {"from": "2025-06-01", "until": "2025-07-31"}
    assert asked_months(FACTS, "interest_pause", days) == 2


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ({"as_of": date(2026, 1, 16)}, "relief.before_maturity"),
        ({"days_past_due": 91}, "relief.days_past_due"),
        ({"restructure_count": 2}, "relief.restructure_count"),
        ({"annual_rate_pct": Decimal("24.01")}, "relief.rate_cap"),
        ({"here": {"signals": ("debt_evasion",)}}, "relief.fraud_signals"),
    ],
)
def test_what_months_cannot_mend_has_no_nearest_option(facts: dict[str, Any], rule: str) -> None:
    decision = decide(("extension", {"months": 9}), **facts)
    assert rule in refusing(decision)
    assert decision.nearest is None
    for result in decision.refusals:
        assert "{" not in result.reason_zh + result.reason_en


@pytest.mark.parametrize("facts", [{"days_past_due": 90}, {"annual_rate_pct": Decimal("24.00")}])
def test_a_limit_itself_is_still_allowed(facts: dict[str, Any]) -> None:
    assert decide(("extension", {"months": 2}), **facts).allowed


def test_guarantor_and_security_must_consent_where_the_debt_lasts_longer() -> None:
    decision = decide(("deferral", {"months": 2}), guarantor=True, secured=True)
    assert decision.allowed
    assert decision.consents_needed == ("guarantor", "security")
    assert [result.needs for result in decision.results if result.needs] == ["consent", "consent"]
    settled = decide(("settlement", {"principal_pct": "100"}), guarantor=True, secured=True)
    assert settled.consents_needed == ()


@pytest.mark.parametrize(
    ("facts", "level"),
    [
        ({"outstanding_principal": Decimal("100000.01")}, "officer"),
        ({"outstanding_principal": Decimal("500000.01")}, "manager"),
        ({"days_past_due": 31}, "officer"),
        ({"currency": "USD"}, "committee"),
        ({"here": {"watch_until": date(2025, 5, 1)}}, "manager"),
        ({"here": {"watch_until": date(2025, 4, 30)}}, None),
        ({"here": {"signals": ("tax_arrears",)}}, "manager"),
    ],
)
def test_the_highest_level_asked_for_approves(facts: dict[str, Any], level: str | None) -> None:
    decision = decide(("extension", {"months": 2}), **facts)
    assert decision.allowed
    assert (decision.approval_level, decision.needs_approval) == (level, level is not None)


def test_a_rule_leaves_out_what_the_loan_does_not_have() -> None:
    watched = decide(("extension", {"months": 2}), here={"watch_until": date(2025, 5, 1)})
    [rule] = [each.inputs for each in watched.results if each.id == "relief.watch_period"]
    assert rule == {"watch_until_on": "2025-05-01"}
    [rule] = [
        each.inputs
        for each in decide(("extension", {"months": 2})).results
        if each.id == "relief.watch_period"
    ]
    assert rule == {}


def test_long_requests_need_approval() -> None:
    assert decide(("extension", {"months": 4})).approval_level == "officer"
    assert decide(("extension", {"months": 3})).approval_level is None


def test_a_rule_is_not_applied_before_it_is_in_force() -> None:
    later = tuple(
        replace(rule, provenance=replace(rule.provenance, effective_from=date(2026, 1, 1)))
        for rule in RULEBOOK.rules
    )
    rulebook = replace(RULEBOOK, rules=later)
    assert evaluate(rulebook, FACTS, [("extension", {"months": 99})], OUTCOME).results == ()


def test_before_the_rulebook_is_in_force_everything_is_refused() -> None:
    decision = decide(("extension", {"months": 1}), as_of=date(2019, 12, 31))
    assert not decision.allowed and "rulebook.effective_from" in refusing(decision)
    assert "2020年1月1日" in decision.refusals[-1].reason_zh


def test_the_menu_depends_on_the_loan_and_on_who_asks() -> None:
    def kinds(**facts: Any) -> list[str]:
        offered = menu(RULEBOOK, replace(FACTS, **facts), 2)
        return ["+".join(kind for kind, _ in steps) for steps in offered]

    assert kinds() == ["extension", "deferral", "interest_only", "reamortise"]
    assert kinds(circumstances=Circumstances(reason="illness"))[0] == "deferral"
    assert kinds(circumstances=Circumstances(reason="lower_income"))[0] == "interest_only"
    assert kinds(circumstances=Circumstances(tags=("hard_hit",)))[0] == "deferral"
    assert kinds(method="bullet")[0] == "extension"
    late = {"days_past_due": 12, "owed": {"penalty": Decimal("35.00")}}
    assert kinds(**late)[0] == "waive+extension"
    assert kinds(**{**late, "days_past_due": 0})[0] == "extension"
    assert kinds(**{**late, "owed": {"penalty": Decimal(0)}})[0] == "extension"


def test_the_menu_fills_in_the_months_asked_for() -> None:
    filled = {steps[0][0]: steps[0][1] for steps in menu(RULEBOOK, FACTS, 4)}
    assert filled["extension"] == {"months": 4}
    assert filled["reamortise"] == {"instalments": 13}
    assert menu(RULEBOOK, FACTS)[0] == (("extension", {"months": RULEBOOK.default_months}),)


def test_a_menu_entry_can_look_at_class_industry_and_days() -> None:
    entry = replace(
        RULEBOOK.menu[-1], id="menu.only", classes=("normal",), industries=("餐饮",), days_past_due=(5, 10)
    )
    rulebook = replace(RULEBOOK, menu=(entry,))
    fitting = Circumstances(class_floor="normal", industry="餐饮")
    for days, offered in ((4, False), (5, True), (10, True), (11, False)):
        facts = replace(FACTS, days_past_due=days, circumstances=fitting)
        assert bool(menu(rulebook, facts)) is offered
    for other in (replace(fitting, class_floor="loss"), replace(fitting, industry="建材")):
        assert menu(rulebook, replace(FACTS, days_past_due=5, circumstances=other)) == []


def test_defaults_complete_what_is_not_given() -> None:
    assert RULEBOOK.params_for("extension", {"until": "2025-06-01"}) == {"until": "2025-06-01"}
    assert RULEBOOK.params_for("deferral", {"months": "1", "term": None})["term"] == "extend"


def test_an_agreement_is_broken_by_what_the_rulebook_says() -> None:
    rules = RULEBOOK.agreements
    assert (rules.grace_days, rules.missed_instalments) == (10, 2)
    assert (rules.after_broken, rules.case) == ("keep_new", "hardship")


@pytest.mark.parametrize(
    ("kinds", "effect"),
    [
        (["extension"], "effect.restructured"),
        (["waive", "extension"], "effect.restructured"),
        (["waive"], "effect.waived"),
        (["renewal"], "effect.renewed"),
        (["settlement"], "effect.settlement"),
        (["move_due_date"], "effect.unchanged"),
    ],
)
def test_the_gravest_effect_of_a_relief_counts(kinds: list[str], effect: str) -> None:
    decision = decide(*[(kind, {}) for kind in kinds])
    assert decision.effects is not None and decision.effects.id == effect
    for language in ("zh", "en"):
        asset_class, record = decision.effects.words(language)
        assert "{" not in asset_class and record


def test_a_restructured_loan_is_observed_for_two_periods_and_a_year() -> None:
    effects = decide(("extension", {"months": 2})).effects
    assert effects is not None and effects.asset_class == "restructured_watch"
    assert effects.watched_months(period_months=Decimal(1)) == 12
    assert effects.watched_months(period_months=Decimal(12)) == 24
    assert "12个月" in effects.words("zh")[0]
