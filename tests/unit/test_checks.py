"""The checks a rulebook can make: each limit from both sides."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from loans.options import option_for, outcome_of
from loans.relief import compute
from policies.checks.rates import prime_rate_cap
from policies.facts import Circumstances
from policies.rulebook import FOLDER, load_rulebook
from tests.support.rules import FACTS, OUTCOME, asking, decide, refusing, value_of
from tests.unit.loan_vectors import expected, inputs
from tests.unit.relief_positions import loan

RENEWAL = ("renewal", {"months": 6, "annual_rate_pct": "10"})
SETTLEMENT = ("settlement", {"principal_pct": "90", "interest_pct": "100", "instalments": 3})
RENEWABLE = {"class_floor": "normal"}
BAD = {"class_floor": "substandard"}


def test_the_prime_rate_cap_and_the_24_percent_line() -> None:
    prime = value_of("relief.prime_rate_cap")["prime"]
    rates = inputs("TXT-20")["test_rates"]
    for contract_on, lpr in ((date(2020, 8, 20), "3.85"), (date(2026, 1, 5), "3.00")):
        cap = prime_rate_cap(contract_on, Decimal(4), prime)
        assert cap == Decimal(expected("TXT-20")[lpr]["cap"])
        assert [Decimal(rate) > cap for rate in rates] == expected("TXT-20")[lpr]["over"]
    over = [
        "relief.rate_cap" in refusing(decide(("extension", {}), annual_rate_pct=Decimal(rate)))
        for rate in rates
    ]
    assert over == expected("TXT-20")["24_line"]


def test_there_is_no_prime_rate_cap_before_there_was_one() -> None:
    assert prime_rate_cap(date(2019, 8, 19), Decimal(4), value_of("relief.prime_rate_cap")["prime"]) is None


def test_the_prime_rate_caps_contracts_from_2028_only() -> None:
    rule = "relief.prime_rate_cap"
    loan: dict[str, Any] = {
        "annual_rate_pct": Decimal("15"),
        "as_of": date(2028, 3, 1),
        "maturity_on": date(2029, 1, 1),
    }
    assert rule not in refusing(decide(("extension", {"months": 1}), disbursed_on=date(2027, 12, 31), **loan))
    assert rule in refusing(decide(("extension", {"months": 1}), disbursed_on=date(2028, 1, 1), **loan))
    assert rule in refusing(
        decide(("renewal", {"months": 6, "annual_rate_pct": "12.01"}), **loan, here=RENEWABLE)
    )
    assert decide(("renewal", {"months": 6, "annual_rate_pct": "12"}), **loan, here=RENEWABLE).allowed


def test_a_rate_that_falls_is_judged_by_what_it_becomes() -> None:
    high: dict[str, Any] = {"annual_rate_pct": Decimal(30)}
    assert decide(
        ("reduce_rate", {"annual_rate_pct": "20"}), does={"highest_rate_pct": Decimal(20)}, **high
    ).allowed
    refused = decide(
        ("reduce_rate", {"annual_rate_pct": "26"}), does={"highest_rate_pct": Decimal(26)}, **high
    )
    assert refusing(refused) == ["relief.rate_cap"]
    assert refused.nearest == (("reduce_rate", {"annual_rate_pct": "24"}),)


def test_a_very_low_rate_is_for_a_manager() -> None:
    assert "reduce_rate.range" in asking(decide(("reduce_rate", {"annual_rate_pct": "5.99"})))
    assert "reduce_rate.range" not in asking(decide(("reduce_rate", {"annual_rate_pct": "6"})))


def test_a_longer_tier_of_rates_is_for_a_manager() -> None:
    def asks(months: int, rate: str, **facts: Any) -> bool:
        return "relief.rate_tier" in asking(
            decide(("extension", {"months": months}), annual_rate_pct=Decimal(rate), **facts)
        )

    assert asks(1, "4.50")  # 12 months become 13, the next tier
    assert not asks(1, "4.50", term_months=11)
    assert not asks(1, "4.75")  # the loan's own rate is that of the tier
    assert not asks(1, "4.50", prior_extension_months=1)  # it was in that tier already


def test_interest_may_not_raise_the_principal_above_what_was_lent() -> None:
    does = {"new_principal": Decimal("100000.01")}
    capitalised = decide(("deferral", {"months": 2, "interest": "capitalised"}), does=does)
    assert refusing(capitalised) == ["relief.principal_within_lent"]
    assert capitalised.nearest == (("deferral", {"months": 2, "interest": "simple"}),)
    assert decide(("deferral", {"months": 2}), does={"new_principal": Decimal("100000.00")}).allowed
    assert decide(("deferral", {"months": 2}), does=does, lent_amount=None).allowed


def test_waivers_have_limits_by_component() -> None:
    assert decide(("waive", {"penalty": "100", "fee": "100"})).allowed
    too_much = decide(("waive", {"penalty": "100", "interest": "60"}))
    assert refusing(too_much) == ["waive.interest"]
    assert too_much.nearest == (("waive", {"penalty": "100", "interest": "50"}),)
    assert too_much.refusals[0].reason_zh == "利息最多减免 50%，您申请的是 60%。"


@pytest.mark.parametrize(
    ("waived", "level"),
    [
        ({"penalty": "2000.00"}, None),
        ({"penalty": "2000.01"}, "officer"),
        ({"fee": "500.01"}, "officer"),
        ({"penalty": "10.00", "interest": "0.01"}, "manager"),
    ],
)
def test_large_waivers_need_approval(waived: dict[str, str], level: str | None) -> None:
    does = {"waived": {name: Decimal(amount) for name, amount in waived.items()}}
    assert decide(("waive", {"penalty": "50"}), does=does).approval_level == level


def test_a_settlement_is_for_bad_loans_and_forgiving_principal_for_the_committee() -> None:
    assert "settlement.class" in refusing(decide(SETTLEMENT, here={"class_floor": "special_mention"}))
    assert decide(SETTLEMENT, here=BAD).approval_level == "manager"
    does = {"waived": {"principal": Decimal("7610.80")}}
    assert decide(SETTLEMENT, here=BAD, does=does).approval_level == "committee"


def test_a_settlement_pays_enough_in_few_parts() -> None:
    refused = decide(("settlement", {"principal_pct": "60", "instalments": 9}), here=BAD)
    assert refusing(refused) == ["settlement.instalments", "settlement.principal"]
    assert refused.nearest == (("settlement", {"principal_pct": "70", "instalments": 6}),)


def test_a_renewal_holds_the_conditions_of_2024() -> None:
    assert decide(RENEWAL, here=RENEWABLE).approval_level == "manager"
    for here, facts, rule in (
        ({"class_floor": "special_mention"}, {}, "renewal.class"),
        (RENEWABLE, {"interest_arrears": Decimal("0.01")}, "renewal.interest_paid"),
        ({**RENEWABLE, "signals": ("misuse_of_loan",)}, {}, "renewal.use"),
        ({**RENEWABLE, "tags": ("consumer_loan",)}, {}, "renewal.scope"),
        (RENEWABLE, {"as_of": date(2026, 1, 16)}, "relief.before_maturity"),
    ):
        assert rule in refusing(decide(RENEWAL, here=here, **facts))


def test_medium_firms_can_renew_loans_due_by_september_2027() -> None:
    medium = {**RENEWABLE, "tags": ("medium_firm",)}
    rule = "renewal.medium_firm"
    assert rule not in refusing(decide(RENEWAL, here=medium, maturity_on=date(2027, 9, 30)))
    assert rule in refusing(decide(RENEWAL, here=medium, maturity_on=date(2027, 10, 1)))
    assert rule not in refusing(decide(RENEWAL, here=RENEWABLE, maturity_on=date(2027, 10, 1)))


def test_a_credit_record_is_protected_for_some_reasons_and_by_staff() -> None:
    wanted = ("credit_protection", {"months": 3})
    assert decide(wanted, here={"reason": "illness"}).approval_level == "officer"
    assert decide(wanted, here={"reason": "lower_income"}).approval_level == "manager"


def test_a_class_the_lender_does_not_give_is_not_asked_for() -> None:
    assert "settlement.class" not in {result.id for result in decide(SETTLEMENT).results}


def test_a_plan_of_what_can_be_paid_counts_the_months_it_takes() -> None:
    assert decide(("affordable", {"pay": "5000"}), does={"added_months": 12}).allowed
    refused = decide(("affordable", {"pay": "3000"}), does={"added_months": 20})
    assert refusing(refused) == ["affordable.max_months", "relief.cumulative_extension"]
    assert refused.nearest == (("reamortise", {"instalments": FACTS.remaining_instalments + 12}),)


def test_of_a_combination_the_part_that_is_too_much_is_mended_or_left_out() -> None:
    waiver = ("waive", {"penalty": "100"})
    assert decide(waiver, ("extension", {"months": 9})).nearest == (waiver, ("extension", {"months": 6}))
    late: dict[str, Any] = {"prior_extension_months": 12}
    assert decide(waiver, ("extension", {"months": 2}), **late).nearest == (waiver,)


def test_of_two_parts_that_are_too_much_together_the_longer_is_cut_first() -> None:
    longer = [("deferral", {"months": 3}), ("reamortise", {"instalments": 16})]
    refused = decide(*longer, prior_extension_months=4)
    assert refusing(refused) == ["relief.cumulative_extension"]
    assert refused.nearest == (("deferral", {"months": 3}), ("reamortise", {"instalments": 14}))
    assert decide(*refused.nearest, prior_extension_months=4).allowed
    two_at_once = decide(("deferral", {"months": 8}), ("reamortise", {"instalments": 12}), term_months=6)
    assert refusing(two_at_once) == ["deferral.max_months", "relief.cumulative_extension"]
    assert two_at_once.nearest == (("deferral", {"months": 3}), ("reamortise", {"instalments": 12}))


def test_what_no_part_can_mend_leaves_the_parts_that_are_not_refused() -> None:
    waiver = ("waive", {"penalty": "100"})
    refused = decide(
        waiver, ("deferral", {"months": 2}), ("reamortise", {"instalments": 10}), days_past_due=91
    )
    assert refusing(refused) == ["relief.days_past_due"] and refused.nearest == (waiver,)


def test_approval_looks_at_the_months_of_the_whole_relief() -> None:
    split = decide(("deferral", {"months": 3}), ("reamortise", {"instalments": 12}))
    assert split.allowed and asking(split) == ["approval.months"]
    said = next(result for result in split.results if result.id == "approval.months")
    assert "6个月" in said.reason_zh and "6 months in all" in said.reason_en
    assert asking(decide(("deferral", {"months": 2}), ("reamortise", {"instalments": 10}))) == []
    assert asking(decide(("deferral", {"months": 4, "term": "keep"}))) == ["approval.months"]


@pytest.mark.parametrize(
    ("before", "after", "asks"),
    [("1", "3", False), ("1", "3.01", True), ("12", "6", False), ("6", "6", False)],
)
def test_a_longer_time_between_payments_is_for_a_manager(before: str, after: str, asks: bool) -> None:
    decision = decide(
        ("move_due_date", {"period": "any"}),
        does={"period_months": Decimal(after)},
        period_months=Decimal(before),
    )
    assert decision.allowed and ("move_due_date.period" in asking(decision)) is asks


def test_a_much_larger_payment_than_today_is_for_staff() -> None:
    before = OUTCOME.largest_payment_before
    for payment, asks in ((before * 5 / 2, False), (before * 5 / 2 + Decimal("0.01"), True)):
        decision = decide(("deferral", {"months": 2}), does={"largest_payment": payment})
        assert decision.allowed and ("approval.largest_payment" in asking(decision)) is asks


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yml")), ids=lambda path: str(path.stem))
def test_seven_monthly_payments_in_one_are_looked_at_by_staff(path: Path) -> None:
    monthly = loan(paid=5, as_of="2025-07-01")
    option = option_for(monthly, load_rulebook(path), [("move_due_date", {"period": "year"})])
    assert option.proposal is not None and len(option.proposal.to_pay) == 1 and option.decision is not None
    assert {"move_due_date.period", "approval.largest_payment"} <= set(asking(option.decision))


def test_all_that_is_overdue_counts_as_one_payment_of_today() -> None:
    late = loan(paid=3, as_of="2025-08-20")
    facts = outcome_of(late, compute("extension", late, {"months": 2}))
    assert facts.largest_payment_before == sum(each.unpaid.total for each in late.overdue)
    assert facts.largest_payment < 2 * facts.largest_payment_before


def test_counts_and_units_are_written_once_and_in_number() -> None:
    one = decide(("extension", {"months": 1}), restructure_count=1)
    said = {result.id: result for result in one.results}["relief.restructure_count"]
    assert said.reason_en.startswith("This loan has been changed 1 time;") and "1次" in said.reason_zh
    product = decide(("extension", {"months": 1}), here={"product_max_term_months": 36})
    said = {result.id: result for result in product.results}["relief.product_term"]
    assert "最长期限 36个月，" in said.reason_zh and "is 36 months, " in said.reason_en


def test_the_tier_of_rates_counts_every_extension() -> None:
    decision = decide(("extension", {"months": 1}), prior_extension_months=1)
    said = {result.id: result for result in decision.results}["relief.rate_tier"]
    assert "所有延长（含这次）共 14个月" in said.reason_zh
    assert said.reason_en.startswith("With all extensions counted, this one too, the term is 14 months")


def test_unknown_circumstances_are_no_refusal() -> None:
    assert FACTS.circumstances == Circumstances()
    assert decide(("extension", {"months": 2})).allowed


def test_a_loan_that_keeps_to_the_end_of_months_is_not_charged_a_month_for_their_length() -> None:
    position = loan(
        disbursed_on="2024-08-31", first_due_on="2024-09-30", instalments=6, as_of="2025-02-10", paid=5
    )
    assert position.maturity_on == date(2025, 2, 28)
    proposal = compute("deferral", position, {"months": 2, "term": "extend"})
    assert (proposal.new_maturity, proposal.extension_months) == (date(2025, 4, 30), 2)
    until = compute("extension", position, {"until": "2025-04-30"})
    assert until.extension_months == 2
