"""Settling a loan on any day: before maturity, on a due date, overdue, past maturity, and with money paid ahead."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from loans.errors import LoanError
from loans.payoff import Payoff, PayoffTerms, payoff
from loans.penalty import PenaltyTerms
from loans.relief import Components, OpenCharge, Position, compute, position_after
from tests.unit.loan_strategies import open_loans
from tests.unit.relief_positions import loan, pay
from tests.unit.relief_strategies import Request, proposal_for, requests

LATE = PayoffTerms(penalty=PenaltyTerms(Decimal(18), grace_days=3, compounding="simple"))


ALL_FEES = PayoffTerms(fees_to_come=True)


def day(text: str) -> date:
    return date.fromisoformat(text)


def parts(found: Payoff) -> dict[str, str]:
    """What is not nothing."""
    names = ("principal", "interest", "fee", "penalty", "charges", "prepayment_fee", "rebate")
    return {name: str(getattr(found, name)) for name in names if getattr(found, name)}


# 100,000 at 12% in 12 instalments of 8,884.88 from 15 February 2025; three are paid, 76,108.02 is left.


def test_between_two_due_dates_interest_is_what_the_days_have_earned() -> None:
    position = loan(paid=3, as_of="2025-05-01")
    found = payoff(position, day("2025-05-01"))
    assert parts(found) == {"principal": "76108.02", "interest": "405.91"}  # 761.08 x 16/30
    assert found.total == Decimal("76513.93") and found.refund == 0


def test_on_a_due_date_the_whole_period_is_owed_and_the_day_after_one_day_more() -> None:
    position = loan(paid=3, as_of="2025-05-01")
    assert parts(payoff(position, day("2025-05-15"))) == {"principal": "76108.02", "interest": "761.08"}
    after = payoff(position, day("2025-05-16"))
    assert after.interest == Decimal("761.08") + Decimal("22.66")  # 67,984.22 at 12% for a day


def test_on_the_day_of_disbursement_it_is_the_principal() -> None:
    position = loan(as_of="2025-01-15")
    assert parts(payoff(position, day("2025-01-15"))) == {"principal": "100000.00"}


def test_overdue_instalments_bear_penalty_on_principal_and_compound_interest_on_interest() -> None:
    position = loan(paid=3, as_of="2025-06-04")
    overdue = position.overdue[0]
    assert (overdue.unpaid.principal, overdue.unpaid.interest) == (Decimal("8123.80"), Decimal("761.08"))
    found = payoff(position, day("2025-06-04"), LATE)
    assert found.accrued_penalty == Decimal("81.24") + Decimal("7.61")  # 18%, 20 days of 360
    assert payoff(position, day("2025-06-04")).accrued_penalty == 0
    in_grace = payoff(loan(paid=3, as_of="2025-05-18"), day("2025-05-18"), LATE)
    assert in_grace.accrued_penalty == 0


def test_a_penalty_is_owed_once_the_ledger_has_charged_it() -> None:
    uncharged = payoff(loan(paid=3, as_of="2025-06-04"), day("2025-06-04"), LATE)
    assert uncharged.penalty == 0 and uncharged.accrued_penalty > 0
    assert uncharged.total == uncharged.principal + uncharged.interest


def test_a_waived_penalty_does_not_come_back() -> None:
    position = loan(paid=3, as_of="2025-06-04", penalty_on=[4])
    before = payoff(position, day("2025-06-04"), LATE)
    waived = position_after(position, compute("waive", position, {"penalty": "100"}))
    assert before.total - payoff(waived, day("2025-06-04"), LATE).total == Decimal("20.00")


def test_what_the_ledger_has_charged_for_lateness_is_not_charged_again() -> None:
    position = loan(paid=3, as_of="2025-06-04", penalty_on=[4])
    found = payoff(position, day("2025-06-04"), LATE)
    assert (found.penalty, found.accrued_penalty) == (Decimal("20.00"), Decimal("68.85"))
    paid = pay(position, 4, penalty="20.00")
    assert payoff(paid, day("2025-06-04"), LATE).accrued_penalty == Decimal("68.85")
    early = payoff(loan(paid=3, as_of="2025-05-19", penalty_on=[4]), day("2025-05-19"), LATE)
    assert (early.penalty, early.accrued_penalty) == (Decimal("20.00"), 0)


def test_past_maturity_everything_is_owed_and_only_penalty_grows() -> None:
    position = loan(paid=10, as_of="2026-03-20")
    found = payoff(position, day("2026-03-20"))
    assert found.total == position.outstanding.total
    assert payoff(position, day("2026-04-20")).total == found.total
    assert (
        payoff(position, day("2026-04-20"), LATE).accrued_penalty
        > payoff(position, day("2026-03-20"), LATE).accrued_penalty
        > 0
    )


def test_interest_paid_ahead_is_given_back() -> None:
    ahead = pay(loan(paid=3, as_of="2025-05-01"), 4, interest="761.08", principal="1000.00")
    found = payoff(ahead, day("2025-05-01"))
    assert parts(found) == {"principal": "75108.02", "rebate": "355.17"}  # 761.08 less 405.91
    whole = payoff(loan(paid=4, as_of="2025-05-01"), day("2025-05-01"))
    assert parts(whole) == {"principal": "67984.22", "rebate": "355.17"}


@pytest.mark.parametrize("interest", ["simple", "capitalised"])
def test_interest_of_a_deferral_is_owed_only_for_the_days_that_have_passed(interest: str) -> None:
    position = loan(paid=3, as_of="2025-05-01")
    deferred = position_after(position, compute("deferral", position, {"months": 3, "interest": interest}))
    for on in ("2025-05-01", "2025-05-15"):
        assert payoff(deferred, day(on)).total == payoff(position, day(on)).total
    month_later = payoff(deferred, day("2025-06-15")).total - payoff(position, day("2025-05-15")).total
    compounded = Decimal("768.69") if interest == "capitalised" else Decimal("761.08")
    assert month_later == compounded  # 1% of 76,108.02, and of the 761.08 that joined it


def test_more_paid_ahead_than_is_owed_is_a_refund() -> None:
    position = loan(instalments=1, fee="1.00", as_of="2025-01-20")
    [only] = position.instalments
    paid = pay(position, 1, principal=str(only.due.principal), interest=str(only.due.interest))
    found = payoff(paid, day("2025-01-20"), PayoffTerms(fees_to_come=True))
    assert found.total == 0 and found.refund == found.rebate - 1 > 0


def test_fees_whose_period_has_not_begun_fall_away_unless_the_contract_keeps_them() -> None:
    position = loan(paid=3, fee="5.00", as_of="2025-05-01")
    assert payoff(position, day("2025-05-01")).fee == Decimal("5.00")
    assert payoff(position, day("2025-05-15")).fee == Decimal("5.00")
    assert payoff(position, day("2025-06-01")).fee == Decimal("10.00")
    assert payoff(position, day("2025-05-01"), PayoffTerms(fees_to_come=True)).fee == Decimal("45.00")


def test_charges_and_a_fee_on_principal_not_yet_due_are_part_of_it() -> None:
    charge = OpenCharge("notary", day("2025-04-01"), "fee", Decimal("50.00"))
    position = loan(paid=3, as_of="2025-05-20", state={"charges": (charge,)})
    found = payoff(position, day("2025-05-20"), PayoffTerms(prepayment_fee_pct=Decimal("1")))
    assert (found.charges, found.prepayment_fee) == (Decimal("50.00"), Decimal("679.84"))
    late = replace(position, as_of=day("2026-03-01"))
    assert payoff(late, day("2026-03-01"), PayoffTerms(prepayment_fee_pct=Decimal("1"))).prepayment_fee == 0


def test_a_closed_loan_costs_nothing_and_a_zero_rate_no_interest() -> None:
    closed = payoff(loan(paid=12, as_of="2025-05-01"), day("2025-05-01"), LATE)
    assert (closed.total, closed.refund) == (0, 0)
    free = payoff(loan(paid=3, annual_rate_pct="0", as_of="2025-05-01"), day("2025-05-01"))
    assert parts(free) == {"principal": "75000.01"}


def test_penalties_may_exceed_the_principal() -> None:
    dear = PayoffTerms(penalty=PenaltyTerms(Decimal(10000)))
    position = loan(paid=11, as_of="2027-05-01")
    found = payoff(position, day("2027-05-01"), dear)
    assert found.accrued_penalty > position.outstanding.principal * 100
    assert found.total == position.outstanding.total


@pytest.mark.parametrize(
    ("on", "code"), [("2025-01-14", "before_disbursement"), ("2025-04-30", "day_passed")]
)
def test_a_day_that_makes_no_sense_is_refused_in_both_languages(on: str, code: str) -> None:
    with pytest.raises(LoanError) as error:
        payoff(loan(paid=3, as_of="2025-05-01"), day(on))
    assert error.value.code == code and on in error.value.zh and on in error.value.en


@pytest.mark.parametrize("pct", ["-1", "101", "NaN"])
def test_a_prepayment_fee_that_makes_no_sense_is_refused(pct: str) -> None:
    with pytest.raises(LoanError, match="prepayment_fee_pct"):
        PayoffTerms(prepayment_fee_pct=Decimal(pct))


penalty_terms = st.builds(
    PenaltyTerms,
    annual_rate_pct=st.decimals("0", "40", places=2),
    grace_days=st.integers(0, 30),
    compounding=st.sampled_from(["none", "simple", "monthly"]),
)
contracts = st.builds(PayoffTerms, penalty=penalty_terms, fees_to_come=st.booleans())


@given(open_loans(), st.integers(0, 900), contracts)
def test_nothing_is_negative_and_nothing_beyond_the_schedule_is_asked_but_penalty(
    position: Position, days: int, terms: PayoffTerms
) -> None:
    found = payoff(position, position.as_of + timedelta(days=days), terms)
    amounts: list[Any] = [
        getattr(found, name) for name in ("principal", "interest", "fee", "penalty", "rebate")
    ]
    assert min(amounts) >= 0 and found.total - found.refund == found.owed - found.rebate
    assert found.principal == position.outstanding.principal
    assert found.penalty == position.outstanding.penalty
    assert found.interest <= position.outstanding.interest and found.fee <= position.outstanding.fee


@given(open_loans(), contracts)
def test_from_maturity_on_it_is_all_that_is_outstanding_and_the_penalty(
    position: Position, terms: PayoffTerms
) -> None:
    on = max(position.maturity_on, position.as_of)
    found = payoff(position, on, terms)
    assert found.total == position.outstanding.total


@given(open_loans(), st.integers(0, 400), st.integers(0, 400), contracts)
def test_waiting_never_makes_it_cheaper(position: Position, days: int, more: int, terms: PayoffTerms) -> None:
    sooner = payoff(position, position.as_of + timedelta(days=days), terms)
    later = payoff(position, position.as_of + timedelta(days=days + more), terms)
    assert later.total - later.refund >= sooner.total - sooner.refund


PUT_OFF = ("extension", "deferral", "interest_only", "reamortise", "move_due_date", "renewal")


@given(open_loans().filter(lambda loan: loan.method != "flat"), requests(*PUT_OFF), st.integers(0, 400))
def test_right_after_a_relief_in_time_it_takes_as_much_to_settle_as_before(
    position: Position, request: Request, days: int
) -> None:
    assume(request[1].get("interest") != "capitalised" and "period" not in request[1])  # they count time anew
    current = position.unpaid[0]
    position = replace(
        position,
        as_of=min(current.from_date + timedelta(days=days), current.due_on),
        instalments=tuple(
            replace(each, paid=Components()) if each is current else each for each in position.instalments
        ),
    )
    relieved = position_after(position, proposal_for(position, request))
    after, before = (payoff(each, position.as_of, ALL_FEES) for each in (relieved, position))
    roundings = Decimal("0.01") * (4 + int(request[1].get("months", 0)))
    assert abs(after.total - after.refund - before.total + before.refund) <= roundings


@given(open_loans(), st.integers(0, 60))
def test_interest_paid_lowers_it_by_just_as_much_but_for_a_rounding(position: Position, share: int) -> None:
    on = position.as_of
    unpaid = position.unpaid[0]
    amount = min(unpaid.unpaid.interest, Decimal(share))
    paid = pay(position, unpaid.number, interest=str(amount))
    before, after = payoff(position, on), payoff(paid, on)
    if paid.is_closed:
        assert after.total == after.refund == 0
    else:
        fall = before.total - before.refund - after.total + after.refund
        assert abs(fall - amount) <= Decimal("0.02")
