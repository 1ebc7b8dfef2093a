"""Allocation orders: what others publish comes out to the cent, and whatever is written, no money is lost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from loans.allocation import Credit, Share, spread
from loans.allocation_order import NAMED, TIMES, Owed, allocation_order
from loans.models.schedules import COMPONENTS
from loans.tape.faults import Refused
from loans.tape.values import allocation
from tests.unit.loan_vectors import expected, inputs

DUE = date(2026, 1, 15)
ORDERS = (
    *NAMED,
    "past-due+due:principal>interest>fee>penalty/in-advance:principal,interest,fee,penalty",
    "past-due:interest,principal>fee,penalty/due+in-advance:fee,interest,principal,penalty",
    "standard|principal-first",
)


def owed(number: int, due_on: date = DUE, **amounts: str) -> Owed:
    """An instalment that needs these amounts."""
    return Owed(number, due_on, {name: Decimal(amounts.get(name, "0")) for name in COMPONENTS})


def paid(order: str, payment: str, plan: Sequence[Owed], paid_on: date = DUE) -> list[Share]:
    """How one payment is counted."""
    return spread([Credit(1, paid_on, Decimal(payment))], plan, allocation_order(order))


def by(shares: Sequence[Share], *names: str) -> dict[Any, str]:
    """What was counted, summed by number or component."""
    sums: dict[Any, Decimal] = defaultdict(Decimal)
    for share in shares:
        key = tuple(getattr(share, name) for name in names)
        sums[key if len(names) > 1 else key[0]] += share.amount
    return {key: f"{amount:.2f}" for key, amount in sums.items()}


@pytest.mark.parametrize(("order", "name"), [("interest-first", "standard"), ("principal-first", "npa")])
def test_frappe_s_two_orders(order: str, name: str) -> None:
    vector = inputs("FRA-07")
    first, second = vector["instalments"]
    plan = [owed(1, penalty=vector["penalty"], fee=vector["charges"], **first), owed(2, **second)]
    shares = by(paid(order, vector["payment"], plan, DUE + timedelta(days=40)), "component")
    published = expected("FRA-07")[name]
    assert shares == {
        {"charges": "fee"}.get(part, part): amount for part, amount in published.items() if amount != "0.00"
    }


def test_fineract_pays_what_is_due_and_then_principal_in_advance() -> None:
    vector = inputs("FIN-44")
    future = [
        owed(number, DUE + timedelta(days=30 * number), principal="900", interest="100")
        for number, _ in enumerate(vector["future_instalments"], start=2)
    ]
    shares = paid("due-first", vector["payment"], [owed(1, principal="900", interest="100"), *future])
    published = expected("FIN-44")
    counted = by(shares, "number")
    assert [counted.get(number, "0.00") for number in (1, 2, 3)] == published["paid"]
    assert by(shares, "number", "component")[2, "principal"] == published["in_advance"]
    left = sum((amount for item in future for amount in item.left.values()), Decimal(0))
    assert f"{left:.2f}" == published["outstanding"]


def test_the_civil_code_pays_costs_then_interest_then_principal() -> None:
    vector = inputs("TXT-25")
    plan = [owed(1, fee=vector["costs"], interest=vector["interest"], principal=vector["principal"])]
    shares = by(paid("civil-code", vector["payment"], plan), "component")
    published = expected("TXT-25")
    assert shares == {
        "fee": published["charges"],
        "interest": published["interest"],
        "principal": published["principal"],
    }
    assert f"{plan[0].left['principal']:.2f}" == published["principal_left"]


def test_the_civil_code_s_order_runs_over_everything_that_has_fallen_due() -> None:
    late, today, coming = (DUE + timedelta(days=days) for days in (-30, 0, 30))
    amounts = {"fee": "1", "interest": "10", "penalty": "2", "principal": "100"}
    plan = [owed(number, day, **amounts) for number, day in enumerate((late, today, coming), start=1)]
    assert [(share.number, share.component) for share in paid("civil-code", "300", plan)] == [
        (1, "fee"),
        (2, "fee"),
        (1, "interest"),
        (2, "interest"),
        (1, "penalty"),
        (2, "penalty"),
        (1, "principal"),
        (2, "principal"),
        (3, "fee"),
        (3, "interest"),
        (3, "penalty"),
        (3, "principal"),
    ]


def test_opencbs_pays_every_penalty_before_any_instalment() -> None:
    plan = [
        owed(1, penalty="5", interest="10", principal="100"),
        owed(2, penalty="7", interest="9", principal="100"),
    ]
    assert by(paid("penalty-first", "125", plan), "number", "component") == {
        (1, "penalty"): "5.00",
        (2, "penalty"): "7.00",
        (1, "interest"): "10.00",
        (1, "principal"): "100.00",
        (2, "interest"): "3.00",
    }


def test_once_non_performing_the_other_order_holds_from_the_day_after_ninety() -> None:
    order = "standard|principal-first"
    for days, first in ((90, "interest"), (91, "principal")):
        plan = [owed(1, interest="10", principal="100")]
        shares = paid(order, "10", plan, DUE + timedelta(days=days))
        assert by(shares, "component") == {first: "10.00"}


def test_a_loan_brought_back_is_performing_again_for_the_next_payment() -> None:
    late = DUE + timedelta(days=100)
    plan = [
        owed(1, interest="10", principal="100"),
        owed(2, late + timedelta(days=1), interest="9", principal="90"),
    ]
    credits = [Credit(1, late, Decimal("110")), Credit(2, late + timedelta(days=2), Decimal("9"))]
    shares = spread(credits, plan, allocation_order("standard|principal-first"))
    assert [(share.payment_id, share.number, share.component) for share in shares] == [
        (1, 1, "principal"),
        (1, 1, "interest"),
        (2, 2, "interest"),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "knows no ''"),
        ("interest,principal", "penalty 0 times for past-due"),
        ("penalty,fee,interest,interest", "interest 2 times"),
        ("fee;interest", "knows no 'fee;interest'"),
        ("past-due:penalty,fee,interest,principal", "penalty 0 times for due"),
        ("penalty,fee,interest,principal/due:fee", "fee 2 times for due"),
        ("tomorrow:penalty,fee,interest,principal", "knows no 'tomorrow'"),
        ("interest>principal>fee>penalty", "has > for instalments in advance"),
        ("standard|standard|standard", "this one has 3"),
        ("penalty-last", "knows no 'penalty-last'"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused_with_what_is_wrong(text: str, words: str) -> None:
    with pytest.raises(ValueError, match="allocation order") as error:
        allocation_order(text)
    assert words in str(error.value)
    with pytest.raises(Refused):
        allocation(text.replace(";", "!"))


def test_a_tape_may_write_semicolons_capitals_spaces_and_full_width_signs() -> None:
    usual = "penalty,fee,interest,principal"
    assert allocation("Penalty; fee; interest; principal") == usual
    assert allocation("penalty，fee，interest，principal") == usual
    assert allocation(
        f" Civil-Code | Due＋past-due：principal ＞ fee，interest，penalty ／ in-advance: {usual} "
    ) == (f"civil-code|due+past-due:principal>fee,interest,penalty/in-advance:{usual}")
    for rule in NAMED.values():
        assert allocation(rule) == rule


cents = st.integers(0, 5_000).map(lambda value: Decimal(value).scaleb(-2))
plans = st.lists(
    st.tuples(st.integers(-200, 200), st.tuples(cents, cents, cents, cents)), min_size=1, max_size=6
).map(
    lambda rows: [
        Owed(number, DUE + timedelta(days=days), dict(zip(COMPONENTS, parts, strict=True)))
        for number, (days, parts) in enumerate(sorted(rows), start=1)
    ]
)
payments = st.lists(st.tuples(st.integers(-200, 300), cents), max_size=8).map(
    lambda rows: [
        Credit(at, DUE + timedelta(days=days), amount) for at, (days, amount) in enumerate(sorted(rows))
    ]
)


@given(payments, plans, st.sampled_from(ORDERS))
def test_every_order_counts_the_smaller_of_what_was_paid_and_what_is_owed(
    credits: list[Credit], plan: list[Owed], order: str
) -> None:
    due = sum((amount for item in plan for amount in item.left.values()), Decimal(0))
    money = sum((credit.left for credit in credits), Decimal(0))
    shares = spread(credits, plan, allocation_order(order))
    counted = sum((share.amount for share in shares), Decimal(0))
    assert counted == min(due, money) == money - sum((credit.left for credit in credits), Decimal(0))
    assert all(share.amount > 0 for share in shares)
    assert all(amount >= 0 for item in plan for amount in item.left.values())
    assert spread(credits, plan, allocation_order(order)) == []


@given(payments, plans, st.sampled_from(ORDERS), st.integers(0, 8))
def test_counting_payments_as_they_come_is_counting_them_all_at_once(
    credits: list[Credit], plan: list[Owed], order: str, first: int
) -> None:
    def fresh() -> tuple[list[Credit], list[Owed]]:
        return (
            [Credit(each.payment_id, each.paid_on, each.left) for each in credits],
            [Owed(each.number, each.due_on, dict(each.left)) for each in plan],
        )

    together, rows = fresh()
    at_once = spread(together, rows, allocation_order(order))
    apart, rows = fresh()
    in_parts = spread(apart[:first], rows, allocation_order(order))
    in_parts += spread(apart[first:], rows, allocation_order(order))
    assert in_parts == at_once


@given(cents, plans, st.sampled_from(ORDERS), st.integers(-200, 300))
def test_nothing_later_in_the_order_is_paid_while_something_earlier_is_open(
    amount: Decimal, plan: list[Owed], order: str, days: int
) -> None:
    paid_on = DUE + timedelta(days=days)
    assume(not plan[0].is_settled)
    sequence = list(allocation_order(order).needs(plan, paid_on))
    assert len(sequence) == len(plan) * len(COMPONENTS)
    shares = spread([Credit(1, paid_on, amount)], plan, allocation_order(order))
    touched = {(share.number, share.component) for share in shares}
    places = [place for place, (item, part) in enumerate(sequence) if (item.number, part) in touched]
    before_the_last = sequence[: places[-1]] if places else []
    assert all(not item.left[part] for item, part in before_the_last)


@given(st.permutations(COMPONENTS), st.permutations(COMPONENTS), st.sampled_from(TIMES))
def test_each_time_may_have_an_order_of_its_own(one: list[str], other: list[str], time: str) -> None:
    rest = "+".join(name for name in TIMES if name != time)
    order = allocation_order(f"{time}:{','.join(one)} / {rest}:{','.join(other)}")
    days = {"past-due": -1, "due": 0, "in-advance": 1}[time]
    parts = [part for _, part in order.needs([owed(1, DUE + timedelta(days=days), fee="1")], DUE)]
    assert parts == one
