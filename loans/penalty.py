"""What paying late costs: penalty interest (罚息), compound interest (复利) and one-off late fees.

银发[2003]251号 (People's Bank of China, in force since 2004-01-01): an overdue loan bears the contract rate plus 30%
to 50% instead of the contract rate, a misused one plus 50% to 100%; interest not paid on time bears compound
interest at the penalty rate until it is cleared. What applies to a loan is its contract's choice: `PenaltyTerms`.
"""

from __future__ import annotations

import decimal
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from loans.calendar import add_months
from loans.errors import LoanError
from loans.money import EXACT, NOTHING, ZERO, Rounding, round_money

FROM_DUE_DATE, FROM_END_OF_GRACE = "due_date", "end_of_grace"
COUNTS_FROM = (FROM_DUE_DATE, FROM_END_OF_GRACE)
COMPOUNDING = {"none": None, "simple": None, "monthly": 1, "quarterly": 3}
DAYS_IN_YEAR = (360, 365)
HIGHEST_RATE_PCT = Decimal(10000)


@dataclass(frozen=True)
class PenaltyTerms:
    """How one contract charges for lateness.

    `annual_rate_pct` is the penalty rate in percent a year; 0 charges nothing. Within `grace_days` after the due
    date there is no penalty; later it counts from the due date, or only from the end of grace (`counts_from`).
    `days_in_year` divides the rate. `compounding` says what unpaid interest bears: `none`; `simple`, the penalty
    rate on the interest alone; `monthly` or `quarterly`, the same, and what it has borne is added to it each month
    or quarter after the due date.
    Raises LoanError when a value is out of range.
    """

    annual_rate_pct: Decimal = ZERO
    grace_days: int = 0
    counts_from: str = FROM_DUE_DATE
    days_in_year: int = 360
    compounding: str = "none"
    rounding: Rounding = field(default_factory=Rounding)

    def __post_init__(self) -> None:
        _require_rate("penalty_rate_pct", "罚息年利率", self.annual_rate_pct)
        if self.grace_days < 0:
            raise LoanError(
                "negative_grace",
                f"宽限期请填 0 天或以上，不能是 {self.grace_days}",
                f"give grace_days as 0 or more days, not {self.grace_days}",
            )
        _require_choice("counts_from", self.counts_from, COUNTS_FROM)
        _require_choice("compounding", self.compounding, tuple(COMPOUNDING))
        _require_choice("days_in_year", self.days_in_year, DAYS_IN_YEAR)


def penalty_rate_pct(contract_rate_pct: Decimal, uplift_pct: Decimal) -> Decimal:
    """The contract rate raised by `uplift_pct` percent of itself: 12 raised by 50 is 18. Not rounded.

    银发[2003]251号 allows 30 to 50 for an overdue loan. Raises LoanError when a rate is negative or too large.
    """
    _require_rate("contract_rate_pct", "合同年利率", contract_rate_pct)
    _require_rate("uplift_pct", "加收比例", uplift_pct)
    return contract_rate_pct * (100 + uplift_pct) / 100


def late_days(due_on: date, as_of: date, terms: PenaltyTerms) -> int:
    """The days that bear penalty: those from the due date to `as_of`, none while grace lasts."""
    days = max(0, (as_of - due_on).days)
    if days <= terms.grace_days:
        return 0
    return days if terms.counts_from == FROM_DUE_DATE else days - terms.grace_days


def penalty_interest(principal: Decimal, due_on: date, as_of: date, terms: PenaltyTerms) -> Decimal:
    """Penalty interest on `principal` overdue since `due_on`: principal x rate x days / year, rounded once.

    Raises LoanError when the principal is negative.
    """
    _require_amount("principal", "逾期本金", principal)
    return _simple(principal, late_days(due_on, as_of, terms), terms)


def compound_interest(interest: Decimal, due_on: date, as_of: date, terms: PenaltyTerms) -> Decimal:
    """What `interest` unpaid since `due_on` bears at the penalty rate; grace is that of the penalty.

    Rounded once, or at the end of each month or quarter when it compounds. Raises LoanError when the interest is
    negative.
    """
    _require_amount("interest", "欠息", interest)
    days = late_days(due_on, as_of, terms)
    if terms.compounding == "none" or not days:
        return NOTHING
    start = date.fromordinal(as_of.toordinal() - days)
    months = COMPOUNDING[terms.compounding]
    base, done = interest, 0
    while months and (end := add_months(start, done + months)) < as_of:
        base += _simple(base, (end - add_months(start, done)).days, terms)
        done += months
    base += _simple(base, (as_of - add_months(start, done)).days, terms)
    return base - interest


def late_fee(amount: Decimal, pct: Decimal, rounding: Rounding) -> Decimal:
    """A one-off fee of `pct` percent of an overdue amount, rounded once.

    Raises LoanError when the amount or the percentage is negative.
    """
    _require_amount("amount", "逾期金额", amount)
    _require_rate("late_fee_pct", "滞纳金比例", pct)
    with decimal.localcontext(EXACT):
        return round_money(amount * pct / 100, rounding)


def portion(amount: Decimal, pct: Decimal, rounding: Rounding) -> tuple[Decimal, Decimal]:
    """What is waived of an amount, `pct` percent rounded once, and what is left: together exactly the amount.

    100 percent is all of it, also where the amount is finer than the rounding.
    Raises LoanError when the amount is negative or the percentage is not between 0 and 100.
    """
    _require_amount("amount", "金额", amount)
    if not 0 <= pct <= 100:
        raise LoanError(
            "bad_waiver",
            f"减免比例请填 0 到 100，不能是 {pct}",
            f"give the waived part as 0 to 100 percent, not {pct}",
        )
    with decimal.localcontext(EXACT):
        waived = amount if pct == 100 else min(round_money(amount * pct / 100, rounding), amount)
        return waived, amount - waived


def _simple(amount: Decimal, days: int, terms: PenaltyTerms) -> Decimal:
    with decimal.localcontext(EXACT):
        return round_money(amount * terms.annual_rate_pct * days / (100 * terms.days_in_year), terms.rounding)


def _require_amount(name: str, zh: str, amount: Decimal) -> None:
    if not amount.is_finite() or amount < 0:
        raise LoanError(
            "negative_amount",
            f"{zh}不能是 {amount}，请填 0 或以上的金额",
            f"give {name} as 0 or more, not {amount}",
        )


def _require_rate(name: str, zh: str, rate: Decimal) -> None:
    if not rate.is_finite() or not 0 <= rate <= HIGHEST_RATE_PCT:
        raise LoanError(
            "bad_rate",
            f"{zh}请填 0 到 {HIGHEST_RATE_PCT} 之间的百分数，不能是 {rate}",
            f"give {name} in percent from 0 to {HIGHEST_RATE_PCT}, not {rate}",
        )


def _require_choice(name: str, value: object, choices: tuple[object, ...]) -> None:
    if value not in choices:
        known = [str(choice) for choice in choices]
        raise LoanError(
            "bad_choice",
            f"{name} 请从 {'、'.join(known)} 中选一个，不能是 {value}",
            f"give {name} as one of {', '.join(known)}, not {value}",
        )
