"""The yearly cost of a loan, against pyxirr and published figures."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
import pyxirr
from hypothesis import given
from hypothesis import strategies as st

from loans.apr import NoRateError, effective_rate_pct, nominal_rate_pct
from loans.schedule import build_schedule
from loans.schedule_json import terms_from_json
from tests.unit.loan_vectors import expected, inputs

START = date(2025, 1, 15)


def test_an_up_front_fee_shows_in_the_yearly_cost() -> None:
    rows = build_schedule(
        terms_from_json(
            {
                **{"principal": "100000.00", "annual_rate_pct": "12", "instalments": 12, "method": "annuity"},
                **{"disbursed_on": "2025-01-15", "first_due_on": "2025-02-15"},
            }
        )
    ).rows
    received = -Decimal(inputs("TXT-18")["received"])
    assert (
        str(nominal_rate_pct([received, *(row.due for row in rows)], 12)) == expected("TXT-18")["nominal_pct"]
    )
    assert str(effective_rate_pct([(START, received), *((row.due_on, row.due) for row in rows)])) == "19.4443"


def test_a_flat_monthly_fee_is_nearly_twice_its_face() -> None:
    instalment = Decimal(inputs("TXT-19")["instalment"])
    flows = [-Decimal(inputs("TXT-19")["principal"]), *[instalment] * 12]
    assert str(nominal_rate_pct(flows, 12)) == expected("TXT-19")["nominal_pct"]


@given(
    principal=st.decimals("1", "1000000", places=2),
    payments=st.lists(
        st.tuples(st.integers(1, 90), st.decimals("0.01", "100000", places=2)), min_size=1, max_size=40
    ),
)
def test_it_equals_pyxirr(principal: Decimal, payments: list[tuple[int, Decimal]]) -> None:
    flows = [(START, -principal)]
    for gap, amount in payments:
        flows.append((flows[-1][0] + timedelta(days=gap), amount))
    try:
        ours = effective_rate_pct(flows)
    except NoRateError:
        return
    theirs = pyxirr.xirr([day for day, _ in flows], [float(amount) for _, amount in flows])
    if theirs is not None and theirs < 1000:
        assert float(ours) == pytest.approx(theirs * 100, rel=1e-6, abs=1e-3)


def test_a_loan_paid_back_with_less_has_a_negative_cost() -> None:
    later = START + timedelta(days=36500)
    assert -100 < effective_rate_pct([(START, Decimal(-100000)), (later, Decimal(1))]) < 0


@pytest.mark.parametrize(
    "flows",
    [
        [],
        [(START, Decimal(-100))],
        [(START, Decimal(100)), (START + timedelta(days=1), Decimal(100))],
        [(START, Decimal(-100)), (START, Decimal(100))],
        [(START, Decimal(-100)), (START + timedelta(days=30), Decimal(0))],
        [(START, Decimal(-100)), (START - timedelta(days=30), Decimal(110))],
        [(START, Decimal(-100)), (START + timedelta(days=30), Decimal(-5))],
        [(START, Decimal(-1)), (START + timedelta(days=1), Decimal(10**12))],
    ],
)
def test_flows_without_a_rate_say_so(flows: list[tuple[date, Decimal]]) -> None:
    with pytest.raises(NoRateError):
        effective_rate_pct(flows)
