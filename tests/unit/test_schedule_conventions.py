"""Published figures under conventions that no product of ours uses: small adapters round the same engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import count

from loans.calendar import MONTHLY, Period, due_dates
from loans.contract import Contract, Part, amortise
from loans.money import Rounding
from tests.unit.loan_schedules import schedule
from tests.unit.loan_vectors import expected, inputs

START = date(2024, 1, 1)
FIRST = date(2024, 2, 1)
HALF_EVEN = Rounding("HALF_EVEN")


@dataclass(frozen=True)
class WeeksOver364(Contract):
    """A year of 52 weeks: every week is a 52nd of the yearly rate, in leap years too."""

    def percent_years(self, start: date, end: date) -> tuple[int, int]:
        rate, one = self.annual_rate_pct.as_integer_ratio()
        return rate * (end - start).days, one * 364


def interest_put_off(parts: Sequence[Part], periods: int, contract: Contract) -> list[Part]:
    """The same level instalments, but at first the whole of each repays principal.

    The interest of the first `periods` periods is not compounded and falls due with the instalment after them.
    """
    level = parts[0].principal + parts[0].interest
    left = parts[0].principal + parts[0].balance
    waiting, made = Decimal(0), []
    for number, part in enumerate(parts, start=1):
        waiting += contract.interest(left, part.from_date, part.due_on)
        charged = waiting if number > periods else Decimal("0.00")
        waiting -= charged
        principal = left if number == len(parts) else level - charged
        left -= principal
        made.append(Part(part.from_date, part.due_on, principal, charged, left))
    return made


def interest_paid_later(parts: Sequence[Part], periods: int) -> list[Part]:
    """The interest of the first `periods` instalments is paid with the one after them."""
    later = sum((part.interest for part in parts[: periods + 1]), Decimal(0))
    free = [part._replace(interest=Decimal("0.00")) for part in parts[:periods]]
    return [*free, parts[periods]._replace(interest=later), *parts[periods + 1 :]]


def figures(part: Part) -> list[str]:
    return [
        str(each) for each in (part.principal, part.interest, part.principal + part.interest, part.balance)
    ]


def test_weeks_over_a_year_of_364_days() -> None:
    found = inputs("FIN-03")
    contract = WeeksOver364(Decimal(found["annual_rate_pct"]), rounding=HALF_EVEN, period=Period(1, "week"))
    start, *due_on = [date.fromisoformat(day) for day in found["periods"]]
    parts = amortise(Decimal(found["principal"]), start, due_on, contract)
    assert [figures(part) for part in parts] == expected("FIN-03")["rows"]


def test_interest_put_off_while_the_level_instalment_repays_principal() -> None:
    found = inputs("FIN-16")
    contract = Contract(Decimal(found["annual_rate_pct"]), rounding=HALF_EVEN)
    due_on = due_dates(FIRST, found["number_of_instalments"], MONTHLY)
    parts = amortise(Decimal(found["principal"]), START, due_on, contract)
    made = interest_put_off(parts, found["grace_on_interest"], contract)
    assert [figures(part) for part in made] == expected("FIN-16")["rows"]


def test_the_first_interest_payments_join_a_later_one() -> None:
    found, published = inputs("FIN-34"), expected("FIN-34")
    made = schedule(
        "FIN-34",
        interest_only_periods=found["grace_on_principal"],
        instalment_unit="1",
        rounding={"mode": "HALF_EVEN"},
    )
    parts = interest_paid_later(
        [Part(START, row.due_on, row.principal, row.interest, row.balance) for row in made.rows],
        found["grace_on_interest_payment"],
    )
    assert figures(parts[3]) == published["row_4"]
    assert str(parts[6].principal + parts[6].interest) == published["instalment"]
    assert figures(parts[-1]) == published["last"]
    interest = sum(part.interest for part in parts)
    assert [str(interest), str(interest + made.totals.principal)] == [
        published["totals"]["interest"],
        published["totals"]["due"],
    ]


def test_the_number_of_instalments_follows_from_a_fixed_one() -> None:
    found, published = inputs("FRA-02"), expected("FRA-02")
    fixed, contract = Decimal(found["instalment"]), _unrounded(found["annual_rate_pct"])
    for number in count(1):
        due_on = due_dates(FIRST, number, MONTHLY)
        parts = amortise(Decimal(found["principal"]), START, due_on, contract, level=fixed)
        if parts[-1].principal + parts[-1].interest <= fixed:
            break
    interest = sum(part.interest for part in parts)
    assert len(parts) == published["number_of_instalments"]
    assert str(round(interest)) == published["total_interest"]
    assert str(round(interest + Decimal(found["principal"]))) == published["total_payment"]


def test_due_dates_on_an_anchor_at_month_starts_and_at_month_ends() -> None:
    start = date.fromisoformat(inputs("FRA-05")["start"])
    number = inputs("FRA-05")["number_of_instalments"]
    firsts = {"anchor": start, "month_start": date(2022, 11, 1), "month_end": date(2022, 10, 31)}
    for rule, first in firsts.items():
        days = due_dates(first, number, MONTHLY)
        assert [day.isoformat() for day in (days[0], days[1], days[-1])] == expected("FRA-05")[rule], rule


def _unrounded(annual_rate_pct: str) -> Contract:
    return Contract(Decimal(annual_rate_pct), rounding=Rounding(unit=Decimal("0.000001")))
