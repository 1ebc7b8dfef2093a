"""Paying ahead: the published plans to the cent, and no money lost between the old plan and the new one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from loans.calendar import add_months
from loans.contract import Contract
from loans.errors import LoanError
from loans.money import NOTHING
from loans.payoff import PayoffTerms, payoff
from loans.prepayment import KEEP, prepay
from loans.relief import Components, OpenInstalment, Position, Proposal, position_after
from tests.unit.loan_strategies import open_loans
from tests.unit.loan_vectors import expected, inputs
from tests.unit.relief_positions import loan

ON_FIRST = PayoffTerms(fees_to_come=True)


def day(text: str) -> date:
    return date.fromisoformat(text)


def settled(position: Position, number: int) -> Position:
    """The position once an instalment is paid in full."""
    instalments = (
        replace(each, paid=each.due) if each.number == number else each for each in position.instalments
    )
    return replace(position, instalments=tuple(instalments))


def written(rows: Sequence[Any]) -> list[list[str]]:
    return [[str(row.principal), str(row.interest), str(row.due), str(row.balance)] for row in rows]


# Fineract's loans begin with a level instalment given from outside, and count interest by the day.


def fineract(vector: dict[str, Any], level: str) -> Position:
    """Their loan with its level instalment cut to whole units, as published."""
    start = day(vector["first_date"])
    contract = Contract(Decimal(vector["annual_rate_pct"]), day_count="actual/365")
    balance, instalments = Decimal(vector["principal"]), []
    count = vector["number_of_instalments"]
    for number in range(1, count + 1):
        begin, end = add_months(start, number - 1), add_months(start, number)
        interest = contract.interest(balance, begin, end)
        principal = balance if number == count else Decimal(level) - interest
        balance -= principal
        instalments.append(OpenInstalment(number, begin, end, Components(principal, interest)))
    return Position(
        loan_ref="RP",
        currency="EUR",
        principal=Decimal(vector["principal"]),
        annual_rate_pct=Decimal(vector["annual_rate_pct"]),
        method="annuity",
        disbursed_on=start,
        original_maturity_on=instalments[-1].due_on,
        term_months=count,
        as_of=start,
        instalments=tuple(instalments),
        day_count="actual/365",
    )


@pytest.mark.parametrize(("vector", "keep"), [("FIN-35", "term"), ("FIN-36", "instalment")])
def test_two_prepayments_as_fineract_counts_them(vector: str, keep: str) -> None:
    given_, published = inputs(vector), expected(vector)
    position = fineract(given_, "862.00")
    for on, amount in given_["payments"]:
        proposal = prepay(
            position,
            Decimal(amount),
            day(on),
            keep=keep,
            instalment_unit=Decimal(1) if keep == "term" else None,
        )
        paid_now = proposal.to_pay[0]
        assert str(paid_now.due) == amount
        position = settled(replace(position_after(position, proposal), as_of=day(on)), paid_now.number)
    assert str(paid_now.balance) == published["balance_after"]
    assert written(proposal.to_pay[1:]) == published["rows"]
    assert str(proposal.to_pay[1].due) == published["instalment"]
    assert str(sum(row.interest for row in proposal.rows)) == published["total_interest"]


def test_a_late_payment_with_interest_recounted_by_the_day() -> None:
    """No product of ours recounts. Until the first instalment is paid, late, its principal bears interest too.

    Each stretch of days is rounded for itself.
    """
    given_, published = inputs("FIN-37"), expected("FIN-37")
    contract = Contract(Decimal(given_["annual_rate_pct"]), day_count="actual/365")
    [(paid_on, level)] = given_["payments"]
    start, balance = day(given_["first_date"]), Decimal(given_["principal"])
    count, rows = given_["number_of_instalments"], []
    before = balance
    for number in range(1, count + 1):
        begin, end = add_months(start, number - 1), add_months(start, number)
        if number == 2:
            interest = contract.interest(before, begin, day(paid_on))
            interest += contract.interest(balance, day(paid_on), end)
        else:
            interest = contract.interest(balance, begin, end)
        principal = balance if number == count else Decimal(level) - interest
        balance -= principal
        rows.append([str(each) for each in (principal, interest, principal + interest, balance)])
    assert rows == published["rows"]
    assert str(sum(Decimal(row[1]) for row in rows)) == published["total_interest"]


# 100,000 at 12% in 12 instalments of 8,884.88 from 15 February 2025; three are paid, 76,108.02 is left.


def test_a_shorter_term_keeps_the_instalment_and_a_lower_one_keeps_the_dates() -> None:
    position = loan(paid=3, as_of="2025-05-01")
    shorter = prepay(position, Decimal("20000.00"), day("2025-05-15"))
    lower = prepay(position, Decimal("20000.00"), day("2025-05-15"), keep="term")
    assert {row.due for row in shorter.to_pay[1:-1]} == {Decimal("8884.88")}
    assert shorter.to_pay[-1].due < Decimal("8884.88")
    assert (len(shorter.to_pay), len(lower.to_pay)) == (8, 9)
    assert shorter.new_maturity == day("2025-12-15") and lower.new_maturity == position.maturity_on
    assert {row.due for row in lower.to_pay[1:-1]} == {Decimal("7432.24")}  # 56,869.10 in 8 at 1% a month
    assert shorter.totals.interest < lower.totals.interest < position.outstanding.interest


def test_between_due_dates_the_days_interest_is_paid_and_the_rest_is_principal() -> None:
    proposal = prepay(loan(paid=3, as_of="2025-05-01"), Decimal("10000.00"), day("2025-05-01"))
    paid_now, following = proposal.to_pay[:2]
    assert (paid_now.interest, paid_now.principal) == (Decimal("405.91"), Decimal("9594.09"))
    assert (following.from_date, following.interest) == (day("2025-05-01"), Decimal("310.40"))


def test_arrears_penalties_and_the_fee_for_it_come_first() -> None:
    position = loan(paid=3, fee="5.00", penalty_on=[4], as_of="2025-05-20")
    terms = PayoffTerms(prepayment_fee_pct=Decimal(1))
    proposal = prepay(position, Decimal("19043.33"), day("2025-05-20"), terms=terms)
    paid_now = proposal.to_pay[0]
    assert paid_now.penalty == Decimal("20.00")
    assert paid_now.interest == Decimal("761.08") + Decimal("113.31")
    ahead = paid_now.principal - Decimal("8123.80")
    assert paid_now.fee == Decimal("5.00") + (ahead / 100).quantize(Decimal("0.01"))
    assert paid_now.due == Decimal("19043.33")
    assert sum(row.fee for row in proposal.to_pay[1:]) == 40


@pytest.mark.parametrize(
    ("method", "kept"),
    [("equal_principal", "principal"), ("bullet", "principal"), ("flat", "principal"), ("annuity", "due")],
)
def test_each_method_keeps_what_makes_its_instalment(method: str, kept: str) -> None:
    position = loan(method=method, paid=3, as_of="2025-05-15")
    before = [each.due for each in position.instalments[4:]]
    proposal = prepay(position, Decimal("30000.00"), day("2025-05-15"))
    kept_amounts = [getattr(row, kept) for row in proposal.to_pay[1:-1]]
    assert kept_amounts == [
        each.total if kept == "due" else each.principal for each in before[: len(kept_amounts)]
    ]
    assert len(proposal.to_pay) - 1 == (8 if method == "bullet" else len(kept_amounts) + 1)


def test_interest_only_instalments_stay_so_when_the_term_is_kept() -> None:
    position = loan(interest_only_periods=5, paid=3, as_of="2025-05-15")
    proposal = prepay(position, Decimal("30000.00"), day("2025-05-15"), keep="term")
    assert [bool(row.principal) for row in proposal.to_pay[1:]] == [False, *[True] * 7]


def test_a_balloon_stays_at_the_end() -> None:
    position = loan(method="balloon", balloon="40000.00", paid=3, as_of="2025-05-15")
    proposal = prepay(position, Decimal("20000.00"), day("2025-05-15"), keep="term")
    level, last = proposal.to_pay[1].due, proposal.to_pay[-1].due
    assert abs(last - level - 40000) < 1 and level < position.instalments[4].due.total


@pytest.mark.parametrize(
    ("amount", "on", "keep", "code"),
    [
        ("8884.88", "2025-05-15", "term", "too_little"),
        ("-5", "2025-05-15", "term", "too_little"),
        ("76869.10", "2025-05-15", "instalment", "pays_off"),
        ("9000.00", "2025-05-15", "both", "bad_choice"),
        ("9000.00", "2025-01-01", "term", "before_disbursement"),
        ("9000.00", "2025-04-01", "term", "day_passed"),
        ("9000.00", "2026-01-15", "term", "past_maturity"),
    ],
)
def test_what_makes_no_sense_is_refused_in_both_languages(amount: str, on: str, keep: str, code: str) -> None:
    with pytest.raises(LoanError) as error:
        prepay(loan(paid=3, as_of="2025-05-01"), Decimal(amount), day(on), keep=keep)
    assert error.value.code == code and error.value.zh and error.value.en


@st.composite
def prepaid(draw: st.DrawFn) -> tuple[Position, Decimal, date, Proposal]:
    """A loan, an amount on a day before its maturity, and the plan that follows."""
    position = draw(open_loans())
    life = (position.maturity_on - position.disbursed_on).days
    on = position.disbursed_on + timedelta(days=draw(st.integers(0, life - 1)))
    position = replace(position, as_of=on)
    to_come = sum((each.unpaid.principal for each in position.unpaid if each.due_on > on), NOTHING)
    assume(to_come > Decimal("0.01"))
    found = payoff(position, on)
    fees = sum((each.unpaid.fee for each in position.unpaid if each.due_on <= on), NOTHING)
    owed = found.principal - to_come + found.interest + fees + found.penalty
    amount = owed + draw(st.decimals("0.01", to_come - Decimal("0.01"), places=2))
    try:
        return position, amount, on, prepay(position, amount, on, keep=draw(st.sampled_from(KEEP)))
    except LoanError as error:
        assert error.code == "interest_paid_ahead"
        assume(False)
        raise


@given(prepaid())
def test_the_first_row_is_the_amount_and_principal_neither_appears_nor_disappears(
    example: tuple[Position, Decimal, date, Proposal],
) -> None:
    position, amount, on, proposal = example
    assert (proposal.to_pay[0].due, proposal.to_pay[0].due_on) == (amount, on)
    assert proposal.totals.principal == position.outstanding.principal
    assert proposal.totals.fee == position.outstanding.fee
    assert proposal.totals.penalty == position.outstanding.penalty
    assert proposal.rows[-1].balance == 0
    for row in proposal.rows:
        assert min(row.principal, row.interest, row.fee, row.penalty, row.balance) >= 0
    assert proposal.new_maturity <= max(position.maturity_on, on)


@given(prepaid())
def test_the_payoff_falls_by_what_was_paid(example: tuple[Position, Decimal, date, Proposal]) -> None:
    position, amount, on, proposal = example
    before = payoff(position, on, ON_FIRST)
    paid = settled(replace(position_after(position, proposal), as_of=on), proposal.to_pay[0].number)
    after = payoff(paid, on, ON_FIRST)
    assert after.total - after.refund == before.total - before.refund - amount
