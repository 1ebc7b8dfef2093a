"""Penalty interest, compound interest and late fees: the published figures, grace, and what must always hold."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loans.errors import LoanError
from loans.money import Rounding
from loans.penalty import (
    PenaltyTerms,
    compound_interest,
    late_days,
    late_fee,
    penalty_interest,
    penalty_rate_pct,
    portion,
)
from tests.unit.loan_vectors import expected, inputs

DUE = date(2026, 3, 31)
HALF_UP = Rounding()
amounts = st.decimals("0", "1000000", places=2)
rates = st.decimals("0", "100", places=2)


def after(days: int) -> date:
    return DUE + timedelta(days=days)


def test_penalty_interest_at_each_uplift_and_year() -> None:
    vector = inputs("TXT-13")
    found = {}
    for uplift in vector["uplift"]:
        for year in vector["year"]:
            pct = Decimal(uplift) * 100
            rate = penalty_rate_pct(Decimal(vector["contract_rate_pct"]), pct)
            terms = PenaltyTerms(annual_rate_pct=rate, days_in_year=year)
            amount = penalty_interest(Decimal(vector["overdue_principal"]), DUE, after(vector["days"]), terms)
            found[f"{pct:.0f}%/{year}"] = str(amount)
    assert found == expected("TXT-13")


def test_unpaid_interest_bears_the_penalty_rate() -> None:
    vector = inputs("TXT-14")
    terms = PenaltyTerms(annual_rate_pct=Decimal(vector["penalty_rate_pct"]), compounding="simple")
    amount = compound_interest(Decimal(vector["unpaid_interest"]), DUE, after(vector["days"]), terms)
    assert str(amount) == expected("TXT-14")["compound"]


def test_inside_grace_there_is_no_penalty_and_one_day_beyond_it_counts_from_the_due_date() -> None:
    vector = inputs("TXT-30")
    terms = PenaltyTerms(annual_rate_pct=Decimal(vector["penalty_rate_pct"]), grace_days=vector["grace"])
    principal = Decimal(vector["overdue_principal"])
    assert [str(penalty_interest(principal, DUE, after(days), terms)) for days in vector["days"]] == expected(
        "TXT-30"
    )


def test_a_contract_may_count_only_from_the_end_of_grace() -> None:
    terms = PenaltyTerms(Decimal(18), grace_days=3, counts_from="end_of_grace")
    assert [late_days(DUE, after(days), terms) for days in (-5, 0, 3, 4, 10)] == [0, 0, 0, 1, 7]
    assert penalty_interest(Decimal("8000"), DUE, after(4), terms) == Decimal("4.00")


def test_a_late_fee_is_a_percentage_of_what_is_overdue() -> None:
    vector, published = inputs("FIN-38"), expected("FIN-38")
    principal, interest = (Decimal(vector[f"instalment_{part}"]) for part in ("principal", "interest"))
    fees = [late_fee(base, Decimal("1.5"), HALF_UP) for base in (principal, principal + interest)]
    assert [str(fee) for fee in fees] == [published["on_principal"], published["on_principal_plus_interest"]]
    count = vector["number_of_instalments"]
    assert [str(count * (principal + interest + fee)) for fee in fees] == published["total_due"]


def test_a_waiver_is_rounded_and_the_rest_is_what_is_left() -> None:
    penalty = Decimal(inputs("TXT-15")["penalty"])
    for part, published in expected("TXT-15").items():
        assert [str(each) for each in portion(penalty, Decimal(part.rstrip("%")), HALF_UP)] == published


def test_interest_compounds_each_month_or_quarter_on_what_it_has_borne() -> None:
    def borne(compounding: str, end: date) -> Decimal:
        terms = PenaltyTerms(Decimal(18), compounding=compounding)
        return compound_interest(Decimal("10000"), date(2026, 1, 31), end, terms)

    # 31 January to 28 February are 28 days, to 31 March 31 more: 140.00, then 10140 at 18% for 31 days.
    assert borne("monthly", date(2026, 3, 31)) == Decimal("140.00") + Decimal("157.17")
    assert borne("simple", date(2026, 3, 31)) == Decimal("295.00")
    assert borne("quarterly", date(2026, 4, 30)) == borne("simple", date(2026, 4, 30))
    assert borne("quarterly", date(2026, 5, 1)) > borne("simple", date(2026, 5, 1))
    assert borne("none", date(2026, 5, 1)) == 0


def test_a_loan_without_a_penalty_rate_bears_none() -> None:
    assert penalty_interest(Decimal("8000"), DUE, after(400), PenaltyTerms()) == 0
    assert penalty_rate_pct(Decimal(0), Decimal(50)) == 0


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"annual_rate_pct": Decimal(-1)}, "bad_rate"),
        ({"annual_rate_pct": Decimal("NaN")}, "bad_rate"),
        ({"grace_days": -1}, "negative_grace"),
        ({"counts_from": "yesterday"}, "bad_choice"),
        ({"compounding": "hourly"}, "bad_choice"),
        ({"days_in_year": 366}, "bad_choice"),
    ],
)
def test_terms_that_make_no_sense_are_refused_in_both_languages(wrong: dict[str, Any], code: str) -> None:
    with pytest.raises(LoanError) as error:
        PenaltyTerms(**wrong)
    assert error.value.code == code and error.value.zh and str(error.value) == error.value.en


def test_negative_amounts_and_percentages_are_refused() -> None:
    minus = Decimal("-0.01")
    for refused in (
        lambda: penalty_interest(minus, DUE, DUE, PenaltyTerms()),
        lambda: compound_interest(minus, DUE, DUE, PenaltyTerms()),
        lambda: late_fee(minus, Decimal(1), HALF_UP),
        lambda: late_fee(Decimal(1), minus, HALF_UP),
        lambda: portion(minus, Decimal(1), HALF_UP),
        lambda: portion(Decimal(1), Decimal(101), HALF_UP),
        lambda: penalty_rate_pct(Decimal(12), Decimal(-30)),
    ):
        with pytest.raises(LoanError):
            refused()


@given(amounts, rates, st.integers(0, 60), st.integers(0, 1500), st.integers(0, 40))
def test_a_later_day_never_costs_less(
    amount: Decimal, rate: Decimal, grace: int, days: int, more: int
) -> None:
    terms = PenaltyTerms(rate, grace_days=grace, compounding="monthly")
    for charge in (penalty_interest, compound_interest):
        assert 0 <= charge(amount, DUE, after(days), terms) <= charge(amount, DUE, after(days + more), terms)


@given(amounts, rates, st.integers(0, 1500))
def test_compounding_never_costs_less_than_simple_interest_does_but_for_rounding(
    amount: Decimal, rate: Decimal, days: int
) -> None:
    def borne(compounding: str) -> Decimal:
        return compound_interest(amount, DUE, after(days), PenaltyTerms(rate, compounding=compounding))

    roundings = Decimal("0.005") * (days // 28 + 2)
    assert borne("simple") <= borne("monthly") + roundings
    assert borne("simple") == penalty_interest(amount, DUE, after(days), PenaltyTerms(rate))


@given(amounts, st.decimals("0", "100", places=2), st.sampled_from(["HALF_UP", "HALF_EVEN", "UP"]))
def test_what_is_waived_and_what_is_left_are_the_whole(amount: Decimal, pct: Decimal, mode: str) -> None:
    waived, left = portion(amount, pct, Rounding(mode))
    assert waived + left == amount and waived >= 0 and left >= 0
