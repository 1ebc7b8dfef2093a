"""The checks a rulebook can make: each limit from both sides."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from loans.relief import compute
from policies.checks.rates import prime_rate_cap
from policies.facts import Circumstances
from tests.support.rules import FACTS, asking, decide, refusing, value_of
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
    two_at_once = decide(("extension", {"months": 6}), ("deferral", {"months": 8}), term_months=6)
    assert not two_at_once.allowed and two_at_once.nearest is None


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
