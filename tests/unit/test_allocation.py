"""Counting payments towards instalments: nothing is lost, nothing is counted twice, the oldest comes first."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from loans.allocation import Credit, spread
from loans.allocation_order import Owed, allocation_order
from loans.models.schedules import COMPONENTS

USUAL = allocation_order("penalty,fee,interest,principal")
DAY = date(2026, 11, 20)
cents = st.integers(0, 5_000).map(lambda value: Decimal(value).scaleb(-2))


def owed(number: int, penalty: str, fee: str, interest: str, principal: str) -> Owed:
    amounts = (Decimal(text) for text in (penalty, fee, interest, principal))
    return Owed(number, DAY, dict(zip(COMPONENTS, amounts, strict=True)))


def test_an_instalment_is_paid_in_the_product_s_order_before_the_next_one_gets_anything() -> None:
    plan = [owed(1, "3", "2", "10", "100"), owed(2, "0", "2", "9", "100")]
    shares = spread([Credit(7, DAY, Decimal("116"))], plan, USUAL)
    assert [(share.number, share.component, share.amount) for share in shares] == [
        (1, "penalty", Decimal(3)),
        (1, "fee", Decimal(2)),
        (1, "interest", Decimal(10)),
        (1, "principal", Decimal(100)),
        (2, "fee", Decimal(1)),
    ]


@given(
    payments=st.lists(cents, max_size=8),
    plan=st.lists(st.tuples(cents, cents, cents, cents), max_size=6),
    order=st.permutations(COMPONENTS),
)
def test_what_is_counted_is_the_smaller_of_what_was_paid_and_what_is_owed(
    payments: list[Decimal], plan: list[tuple[Decimal, ...]], order: list[str]
) -> None:
    credits = [Credit(at, DAY + timedelta(days=at), amount) for at, amount in enumerate(payments)]
    instalments = [
        Owed(number, DAY, dict(zip(COMPONENTS, parts, strict=True)))
        for number, parts in enumerate(plan, start=1)
    ]
    due = sum((sum(parts, Decimal(0)) for parts in plan), Decimal(0))
    shares = spread(credits, instalments, allocation_order(",".join(order)))
    counted = sum((share.amount for share in shares), Decimal(0))
    assert counted == min(due, sum(payments, Decimal(0)))
    assert sum((credit.left for credit in credits), counted) == sum(payments, Decimal(0))
    assert all(share.amount > 0 for share in shares)
    assert [share.number for share in shares] == sorted(share.number for share in shares)
    still_open = [item for item in instalments if any(item.left.values())]
    assert not still_open or not any(credit.left for credit in credits)
