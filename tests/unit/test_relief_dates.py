"""Other due dates and cycles, longer terms and principal holidays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from loans.calendar import Period
from loans.contract import Contract, amortise
from loans.money import NOTHING, Rounding, split_evenly
from loans.relief import Position, Proposal, ReliefError, Terms, compute
from loans.relief.period_words import period_words, read_period
from tests.unit.loan_vectors import expected, inputs
from tests.unit.relief_positions import after, dues, loan, pay
from tests.unit.relief_strategies import PERIODS, positions, proposal_for


class WholeMonths(Contract):
    """Apache Fineract under 30/360: every period is one month, whatever its length."""

    def percent_years(self, start: date, end: date) -> tuple[int, int]:
        rate, one = self.rate_on(start).as_integer_ratio()
        return rate, one * 12


def days(proposal: Proposal) -> list[str]:
    """The dates on which something is to be paid."""
    return [day for day, _ in dues(proposal)]


def rescheduled(vector: str, **terms: Any) -> Position:
    """Fineract's loan of three instalments from its own vector, the first paid."""
    given = inputs(vector)
    return loan(
        principal=given["principal"],
        annual_rate_pct=given["annual_rate_pct"],
        instalments=given["number_of_instalments"],
        disbursed_on=given["first_date"],
        first_due_on="2023-08-01",
        as_of="2023-08-15",
        paid=1,
        **terms,
    )


def all_dates(proposal: Proposal) -> list[str]:
    return [row.due_on.isoformat() for row in proposal.rows]


def all_principal(proposal: Proposal) -> list[str]:
    return [str(row.principal) for row in proposal.rows]


def test_a_moved_due_date_is_the_anchor_of_the_later_ones() -> None:
    proposal = compute(
        "move_due_date", rescheduled("FIN-40"), {"first_due_on": inputs("FIN-40")["adjusted_due_date"]}
    )
    assert all_dates(proposal) == expected("FIN-40")["dates"]
    assert [(row.due_on - row.from_date).days for row in proposal.rows] == expected("FIN-40")["days"]


def test_a_moved_due_date_without_interest_for_the_longer_period() -> None:
    # Theirs charges one month for the 43 days of the second period; ours charges the days.
    given, published = inputs("FIN-06"), expected("FIN-06")
    periods = [date.fromisoformat(day) for day in given["periods"]]
    position = loan(
        principal=given["principal"],
        annual_rate_pct=given["annual_rate_pct"],
        instalments=given["number_of_instalments"],
        rounding={"mode": "HALF_EVEN"},
        disbursed_on="2024-01-01",
        first_due_on="2024-02-01",
        as_of="2024-02-01",
        paid=1,
    )
    proposal = compute("move_due_date", position, {"first_due_on": "2024-03-15"})
    assert [row.due_on for row in proposal.to_pay] == periods[2:]
    assert str(proposal.to_pay[0].interest) == "0.97"
    whole_months = WholeMonths(Decimal(given["annual_rate_pct"]), rounding=Rounding("HALF_EVEN"))
    parts = amortise(Decimal(given["principal"]), periods[0], periods[1:], whole_months)
    assert [
        [str(each) for each in (part.principal, part.interest, part.principal + part.interest, part.balance)]
        for part in parts
    ] == published["rows"]


def test_extra_terms_are_a_re_amortisation_over_more_instalments() -> None:
    count = inputs("FIN-39")["number_of_instalments"] - 1 + inputs("FIN-39")["extra_terms"]
    proposal = compute("reamortise", rescheduled("FIN-39"), {"instalments": count})
    assert all_dates(proposal) == expected("FIN-39")["dates"]
    assert all_principal(proposal) == expected("FIN-39")["principal"]


def test_a_principal_holiday_is_an_interest_only_time_that_extends_the_term() -> None:
    months = inputs("FIN-41")["grace_on_principal"]
    proposal = compute("interest_only", rescheduled("FIN-41"), {"months": months, "term": "extend"})
    assert all_dates(proposal) == expected("FIN-41")["dates"]
    assert all_principal(proposal) == expected("FIN-41")["principal"]


def test_overdue_principal_in_equal_shares_of_whole_units() -> None:
    # Theirs rounds the share of what is overdue and adds it to the instalment; ours divides all that is left.
    given = inputs("FIN-20")
    instalment, overdue = Decimal(given["remaining_instalment"]), Decimal(given["overdue_principal"])
    count = given["remaining_count"]
    shares = split_evenly(overdue, count, Rounding("HALF_EVEN", Decimal(1)))
    assert [str(instalment + share) for share in shares] == expected("FIN-20")
    position = loan(
        principal=str(overdue + count * instalment),
        annual_rate_pct="0",
        instalments=count + 1,
        disbursed_on="2023-12-11",
        first_due_on="2024-01-11",
        as_of=given["date"],
    )
    proposal = compute("reamortise", position, {})
    assert len(proposal.to_pay) == count
    assert proposal.totals.principal == sum(shares, count * instalment)


def test_another_day_of_the_month_never_comes_earlier_and_its_days_bear_interest() -> None:
    later = compute("move_due_date", loan(paid=3), {"day": "28"})
    assert days(later)[:2] == ["2025-05-28", "2025-06-28"]
    # 43 days of 30/360 on 76108.02 at 12%.
    assert later.to_pay[0].interest == Decimal("1090.88")
    assert (len(later.to_pay), later.extension_months) == (9, 1)
    earlier = compute("move_due_date", loan(paid=3), {"day": 5})
    assert days(earlier)[:2] == ["2025-06-05", "2025-07-05"]
    assert later.terms == Terms("annuity", due_day=28)


def test_the_last_day_of_the_month_is_remembered_in_short_months() -> None:
    position = loan(disbursed_on="2025-02-15", first_due_on="2025-03-15", paid=9, as_of="2025-12-01")
    moved = compute("move_due_date", position, {"day": 31})
    assert days(moved) == ["2025-12-31", "2026-01-31", "2026-02-28"]
    last = after(position, moved, "2026-02-01")
    for number in (10, 11):
        each = last.instalments[number - 1]
        last = pay(last, number, principal=str(each.due.principal), interest=str(each.due.interest))
    assert days(compute("reamortise", last, {"instalments": 3})) == ["2026-02-28", "2026-03-31", "2026-04-30"]


def test_a_day_earlier_in_the_month_is_kept_although_the_old_one_was_later() -> None:
    position = loan(disbursed_on="2025-01-31", first_due_on="2025-02-28", paid=10, as_of="2026-01-01")
    moved = after(position, compute("move_due_date", position, {"first_due_on": "2026-02-28"}))
    assert days(compute("reamortise", moved, {"instalments": 3}))[1:] == ["2026-03-28", "2026-04-28"]


def test_a_fortnightly_cycle_keeps_the_next_date_and_ends_no_later() -> None:
    proposal = compute("move_due_date", loan(paid=3), {"period": "fortnight"})
    assert days(proposal)[:3] == ["2025-05-15", "2025-05-29", "2025-06-12"]
    assert proposal.new_maturity == date(2026, 1, 8)
    assert proposal.extension_months == 0
    assert len({row.due for row in proposal.to_pay[:-1]}) == 1
    assert proposal.terms.period == Period(2, "week")


def test_a_quarterly_cycle_begins_a_whole_quarter_after_the_last_instalment() -> None:
    proposal = compute("move_due_date", loan(paid=3, fee="5.00"), {"period": "每季度"})
    assert days(proposal) == ["2025-07-15", "2025-10-15", "2026-01-15"]
    assert [str(row.fee) for row in proposal.to_pay] == ["15.00"] * 3
    assert proposal.params == {"period": "3 month"}


def test_a_bullet_loan_keeps_its_maturity_in_another_cycle() -> None:
    position = loan(method="bullet", paid=1, as_of="2025-03-01")
    proposal = compute("move_due_date", position, {"period": "quarter"})
    assert days(proposal) == ["2025-05-15", "2025-08-15", "2025-11-15", "2026-01-15"]
    assert [str(row.interest) for row in proposal.to_pay] == ["3000.00", "3000.00", "3000.00", "2000.00"]
    assert proposal.to_pay[-1].principal == 100000


def test_a_weekly_plan_moves_by_days() -> None:
    weekly = loan(period={"n": 1, "unit": "week"}, first_due_on="2025-01-22", paid=3, as_of="2025-02-12")
    proposal = compute("move_due_date", weekly, {"first_due_on": "2025-02-21"})
    assert days(proposal)[:2] == ["2025-02-21", "2025-02-28"]
    monthly = compute("move_due_date", weekly, {"period": "month", "day": 1})
    assert days(monthly) == ["2025-04-01"]


def test_a_plan_by_season_moves_with_its_months() -> None:
    season = loan(
        period={"unit": "season", "months": [6, 10]},
        first_due_on="2025-06-10",
        instalments=4,
        as_of="2025-05-01",
    )
    proposal = compute("move_due_date", season, {"day": 5})
    assert days(proposal) == ["2025-07-05", "2025-11-05", "2026-07-05", "2026-11-05"]
    assert proposal.terms.period.months == (7, 11)
    more = compute("reamortise", after(season, proposal), {"instalments": 6})
    assert days(more)[-2:] == ["2027-07-05", "2027-11-05"]


def test_what_is_overdue_stays_and_the_rest_moves() -> None:
    late = loan(paid=3, as_of="2025-06-20", penalty_on=[4, 6])
    proposal = compute("move_due_date", late, {"day": 25})
    assert days(proposal)[:4] == ["2025-05-15", "2025-06-15", "2025-07-25", "2025-08-25"]
    assert [row.penalty for row in proposal.to_pay[:3]] == [20, 0, 20]
    relieved = after(late, proposal)
    assert (relieved.days_past_due, relieved.arrears) == (late.days_past_due, late.arrears)


def test_later_reliefs_go_on_in_the_new_cycle() -> None:
    relieved = after(loan(paid=3), compute("move_due_date", loan(paid=3), {"period": "2 week"}))
    more = compute("reamortise", relieved, {"instalments": 20})
    assert days(more)[-3:] == ["2026-01-08", "2026-01-22", "2026-02-05"]
    deferral = compute("deferral", relieved, {"months": 1})
    assert days(deferral)[:2] == ["2025-06-15", "2025-06-29"]
    monthly = compute("move_due_date", relieved, {"period": "month", "day": 15})
    assert days(monthly)[:2] == ["2025-05-15", "2025-06-15"]


def test_instalments_that_were_moved_before_keep_their_principal() -> None:
    moved = after(loan(paid=3), compute("extension", loan(paid=3), {"months": 2}))
    proposal = compute("move_due_date", moved, {"day": 20})
    assert sorted(row.principal for row in proposal.to_pay) == sorted(
        each.unpaid.principal for each in moved.upcoming
    )
    assert days(proposal)[:4] == ["2025-06-20", "2025-07-20", "2025-07-20", "2025-08-20"]
    assert 0 < proposal.interest_difference < Decimal("200")


@pytest.mark.parametrize(
    ("position", "params", "code"),
    [
        (loan(paid=3), {}, "bad_param"),
        (loan(paid=3), {"day": 0}, "bad_param"),
        (loan(paid=3), {"day": "32"}, "bad_param"),
        (loan(paid=3), {"day": 20, "first_due_on": "2025-06-20"}, "bad_param"),
        (loan(paid=3), {"day": 20, "period": "week"}, "bad_param"),
        (loan(paid=3), {"period": "every blue moon"}, "bad_param"),
        (loan(paid=3), {"period": "0 month"}, "bad_param"),
        (loan(paid=3), {"first_due_on": "2025-05-01"}, "too_early"),
        (loan(paid=3), {"first_due_on": "9999-12-31"}, "beyond_calendar"),
        (loan(paid=3), {"day": 15}, "nothing_changes"),
        (loan(paid=3), {"period": "month"}, "nothing_changes"),
        (loan(paid=11, as_of="2026-01-01"), {"period": "quarter"}, "nothing_changes"),
        (loan(paid=9, as_of="2026-02-01"), {"day": 20}, "past_maturity"),
        (loan(paid=12), {"day": 20}, "closed_loan"),
    ],
)
def test_what_makes_no_sense_is_refused(position: Position, params: dict[str, Any], code: str) -> None:
    with pytest.raises(ReliefError) as error:
        compute("move_due_date", position, params)
    assert error.value.code == code
    assert error.value.zh and error.value.en


@pytest.mark.parametrize(
    ("words", "period"),
    [
        *[
            (each, Period())
            for each in ("month", "1 month", "monthly", "Every month", "每月", "每个月", "1个月")
        ],
        *[
            (each, Period(2, "week"))
            for each in ("fortnight", "2 week", "2 weeks", "every 2 weeks", "每两周", "双周")
        ],
        *[(each, Period(3)) for each in ("quarter", "3 months", "每季度", "季")],
        *[(each, Period(1, "week")) for each in ("week", "weekly", "每周", "1w")],
        *[(each, Period(10, "day")) for each in ("10 days", "每10天", "10d")],
    ],
)
def test_a_period_is_read_from_a_few_words(words: str, period: Period) -> None:
    assert read_period(words) == period
    assert read_period(period_words(period)) == period


def total(amounts: Sequence[Decimal]) -> Decimal:
    return sum(amounts, NOTHING)


@given(positions(), st.integers(1, 31))
def test_moving_the_dates_and_back_restores_the_loan_but_for_the_cents_of_rounding(
    position: Position, day: int
) -> None:
    assume(position.upcoming and position.upcoming[0].due_on > max(position.as_of, position.accrues_from))
    assume(not position.prepaid_interest)
    there = proposal_for(position, ("move_due_date", {"day": day}))
    moved = after(position, there)
    old_dates = [each.due_on for each in position.upcoming]
    back = proposal_for(moved, ("move_due_date", {"first_due_on": old_dates[0].isoformat()}))
    restored = [row for row in back.to_pay if row.due_on >= position.as_of]
    assume([row.due_on for row in restored] == old_dates)
    assert total([row.principal for row in restored]) == total(
        [each.unpaid.principal for each in position.upcoming]
    )
    assert abs(back.totals.interest - position.outstanding.interest) <= 4 * len(old_dates) * Decimal("0.01")
    assert back.terms.period == position.terms.period


@given(positions(), PERIODS)
def test_another_cycle_never_lasts_longer_nor_asks_for_money_earlier(position: Position, words: str) -> None:
    proposal = proposal_for(position, ("move_due_date", {"period": words}))
    assert proposal.new_maturity <= proposal.old_maturity
    to_come = [row for row in proposal.to_pay if row.due_on >= position.as_of]
    assert to_come[0].due_on >= position.upcoming[0].due_on
    assert total([row.principal for row in to_come]) == total(
        [each.unpaid.principal for each in position.upcoming]
    )


@given(positions(), st.integers(1, 31))
def test_another_day_never_comes_earlier_but_for_the_days_a_short_month_lacks(
    position: Position, day: int
) -> None:
    assume(position.upcoming)
    proposal = proposal_for(position, ("move_due_date", {"day": day}))
    new = [row.due_on for row in proposal.to_pay if row.due_on >= position.as_of]
    old = [each.due_on for each in position.upcoming]
    assert 0 <= (new[0] - old[0]).days <= 31
    assert all((later - before).days >= -3 for before, later in zip(old, new, strict=True))


@given(st.text(max_size=12))
def test_no_words_break_the_reading_of_a_period(words: str) -> None:
    period = read_period(words)
    assert period is None or period.n >= 1
