"""Where a loan stands on a day: everything a relief is computed from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Protocol

from loans.calendar import MONTHLY, Period, add_months, anchor_day_of, is_month_end
from loans.contract import Contract, RateChange
from loans.daycount import THIRTY_360
from loans.money import NOTHING, ZERO, Rounding, in_proportion
from loans.relief.terms import Terms


@dataclass(frozen=True)
class Components:
    """An amount by component, in the loan's currency."""

    principal: Decimal = NOTHING
    interest: Decimal = NOTHING
    fee: Decimal = NOTHING
    penalty: Decimal = NOTHING

    @property
    def total(self) -> Decimal:
        """The sum of the components."""
        return self.principal + self.interest + self.fee + self.penalty

    def lies_within(self, other: Components) -> bool:
        """Whether no component is negative or above the same component of `other`."""
        return (
            ZERO <= self.principal <= other.principal
            and ZERO <= self.interest <= other.interest
            and ZERO <= self.fee <= other.fee
            and ZERO <= self.penalty <= other.penalty
        )

    def __add__(self, other: Components) -> Components:
        return Components(
            self.principal + other.principal,
            self.interest + other.interest,
            self.fee + other.fee,
            self.penalty + other.penalty,
        )

    def __sub__(self, other: Components) -> Components:
        return Components(
            self.principal - other.principal,
            self.interest - other.interest,
            self.fee - other.fee,
            self.penalty - other.penalty,
        )


NO_AMOUNT = Components()


class ByComponent(Protocol):
    """What has an amount by component: the components themselves, or a row of a schedule."""

    @property
    def principal(self) -> Decimal: ...
    @property
    def interest(self) -> Decimal: ...
    @property
    def fee(self) -> Decimal: ...
    @property
    def penalty(self) -> Decimal: ...


def add_up(amounts: Iterable[ByComponent]) -> Components:
    """The sum of amounts by component."""
    each = list(amounts)
    return Components(
        principal=sum((amount.principal for amount in each), NOTHING),
        interest=sum((amount.interest for amount in each), NOTHING),
        fee=sum((amount.fee for amount in each), NOTHING),
        penalty=sum((amount.penalty for amount in each), NOTHING),
    )


@dataclass(frozen=True)
class OpenInstalment:
    """One instalment of the schedule in force, with what has been paid of it.

    `from_date` is the day its interest starts to count. `interest_carried` is the part of its interest that
    was earned before that day and put here by an earlier relief; negative, interest of its own time that was
    paid ahead and is not in it any more.
    """

    number: int
    from_date: date
    due_on: date
    due: Components
    paid: Components = NO_AMOUNT
    interest_carried: Decimal = NOTHING

    @cached_property
    def unpaid(self) -> Components:
        """What is left of it."""
        return self.due - self.paid

    @property
    def is_paid(self) -> bool:
        """Whether nothing is left of it."""
        return self.due == self.paid


@dataclass(frozen=True)
class OpenCharge:
    """What is left of a fee or penalty outside the instalments. `component` is fee or penalty."""

    kind: str
    due_on: date
    component: str
    left: Decimal


@dataclass(frozen=True)
class Position:
    """A loan on the day `as_of`: its contract, its history and the whole schedule in force.

    `principal` is the amount first lent, the rate percent a year, changed by `rate_changes` from their dates.
    `due_day` is the day of the month the plan was moved to, if it was.
    An instalment due on `as_of` is not overdue yet. `charges` lie outside the instalments and are no part of
    `outstanding`. `bears_penalty` tells that overdue principal bears a penalty rate instead of the contract's.
    Raises ValueError when an amount is negative or paid beyond what was due, or the numbers are not in order.
    """

    loan_ref: str
    currency: str
    principal: Decimal
    annual_rate_pct: Decimal
    method: str
    disbursed_on: date
    original_maturity_on: date
    term_months: int
    as_of: date
    instalments: tuple[OpenInstalment, ...]
    day_count: str = THIRTY_360
    rounding: Rounding = field(default_factory=Rounding)
    period: Period = MONTHLY
    rate_changes: tuple[RateChange, ...] = ()
    due_day: int | None = None
    charges: tuple[OpenCharge, ...] = ()
    prior_extension_months: int = 0
    restructure_count: int = 0
    secured: bool = False
    guarantor: bool = False
    bears_penalty: bool = False

    def __post_init__(self) -> None:
        numbers = [instalment.number for instalment in self.instalments]
        if not numbers or numbers != sorted(set(numbers)):
            raise ValueError(f"loan {self.loan_ref}: give instalments once each, ordered by number")
        for instalment in self.instalments:
            if not instalment.paid.lies_within(instalment.due):
                raise ValueError(
                    f"loan {self.loan_ref}, instalment {instalment.number}: "
                    f"what is paid, {instalment.paid}, must lie between 0 and {instalment.due}"
                )

    @cached_property
    def contract(self) -> Contract:
        """The conventions interest and instalments follow."""
        return Contract(
            annual_rate_pct=self.annual_rate_pct,
            method=self.method,
            day_count=self.day_count,
            rounding=self.rounding,
            period=self.period,
            flat_principal=self.principal,
            rate_changes=self.rate_changes,
        )

    @property
    def terms(self) -> Terms:
        """The terms of the schedule in force."""
        return Terms(self.method, self.period, self.rate_changes, self.due_day)

    @cached_property
    def unpaid(self) -> tuple[OpenInstalment, ...]:
        """Instalments with something left, by due date."""
        left = (instalment for instalment in self.instalments if not instalment.is_paid)
        return tuple(sorted(left, key=lambda instalment: (instalment.due_on, instalment.number)))

    @cached_property
    def overdue(self) -> tuple[OpenInstalment, ...]:
        """Unpaid instalments that were due before `as_of`."""
        return tuple(instalment for instalment in self.unpaid if instalment.due_on < self.as_of)

    @cached_property
    def upcoming(self) -> tuple[OpenInstalment, ...]:
        """Unpaid instalments due on `as_of` or later."""
        return tuple(instalment for instalment in self.unpaid if instalment.due_on >= self.as_of)

    @property
    def current(self) -> OpenInstalment:
        """The instalment a borrower means today: the latest overdue one, or else the next one."""
        return self.overdue[-1] if self.overdue else self.upcoming[0]

    @cached_property
    def outstanding(self) -> Components:
        """Everything left to pay under the schedule in force, interest to come included."""
        return add_up(instalment.unpaid for instalment in self.unpaid)

    @cached_property
    def arrears(self) -> Components:
        """Everything overdue."""
        return add_up(instalment.unpaid for instalment in self.overdue)

    @cached_property
    def charges_left(self) -> Components:
        """What is left of the charges outside the instalments."""
        return add_up(Components(**{charge.component: charge.left}) for charge in self.charges)

    @property
    def begun_fees(self) -> Decimal:
        """Unpaid fees of the instalments that are due or whose period has begun."""
        return sum((each.unpaid.fee for each in self.unpaid if each.from_date < self.as_of), NOTHING)

    @property
    def days_past_due(self) -> int:
        """Days since the oldest unpaid instalment fell due; 0 when none is overdue."""
        return (self.as_of - self.overdue[0].due_on).days if self.overdue else 0

    @cached_property
    def maturity_on(self) -> date:
        """The last due date of the schedule in force."""
        return max(instalment.due_on for instalment in self.instalments)

    @property
    def is_closed(self) -> bool:
        """Whether nothing is left to pay."""
        return not self.unpaid

    @cached_property
    def accrues_from(self) -> date:
        """The day from which interest on the outstanding principal is not yet in any due instalment.

        It is the start of the period that is running; past maturity it is `as_of`, because the days already
        late are a matter of the penalty rules and are never charged twice.
        """
        starts = [instalment.from_date for instalment in self.upcoming]
        running = [start for start in starts if start < self.as_of]
        if running:
            return max(running)
        return min(starts) if starts else self.as_of

    @property
    def earned_interest(self) -> Decimal:
        """Unpaid interest already earned: all that is overdue, and what was carried into instalments to come.

        An instalment whose own interest began before the running period has earned its share by time.
        """
        return self.arrears.interest + max(self._earned_to_come, NOTHING)

    @property
    def prepaid_interest(self) -> Decimal:
        """Interest of the running period and later that is not to be asked for again.

        It is what was paid ahead, and the contract's interest on overdue principal for the days it is late, where
        those days bear a penalty: it takes the place of interest (银发[2003]251).
        """
        return max(-self._earned_to_come, NOTHING)

    @cached_property
    def _earned_to_come(self) -> Decimal:
        """Earned interest in instalments to come, less what is paid of it and what late days do not bear."""
        earned = sum(
            (self.earned_in(each, self.accrues_from) - each.paid.interest for each in self.upcoming), NOTHING
        )
        return earned - self._interest_of_late_days

    @property
    def _interest_of_late_days(self) -> Decimal:
        """What overdue principal would bear by the contract in the days of the running period it has been late.

        Nothing where no penalty is charged: contract interest then goes on.
        """
        if not (self.bears_penalty or self.arrears.penalty):
            return NOTHING
        late = (
            (each.unpaid.principal, max(each.due_on, self.accrues_from))
            for each in self.overdue
            if max(each.due_on, self.accrues_from) < self.as_of
        )
        return sum((self.contract.interest(amount, start, self.as_of) for amount, start in late), NOTHING)

    def earned_in(self, instalment: OpenInstalment, until: date) -> Decimal:
        """The interest of an instalment to come that is earned by the day `until`, paid or not.

        It is what was carried into it and its own interest's share by time and rate, rounded once; negative
        when it asks for less than its own interest and little time has passed.
        """
        earned = instalment.interest_carried
        if instalment.from_date < until:
            whole = Fraction(*self.contract.percent_years(instalment.from_date, instalment.due_on))
            end = min(until, instalment.due_on)
            passed = Fraction(*self.contract.percent_years(instalment.from_date, end))
            share = min(passed / whole, Fraction(1)) if whole else Fraction(1)
            own = instalment.due.interest - instalment.interest_carried
            earned += in_proportion(own, share.numerator, share.denominator, self.rounding)
        return earned

    @cached_property
    def _latest_due(self) -> date:
        return max((instalment.due_on for instalment in self.instalments), key=lambda day: day.day)

    def anchor_day(self, day: date) -> int:
        """The day of the month that dates counted from `day` keep to."""
        if self.due_day is not None:
            return max(day.day, self.due_day) if is_month_end(day) else day.day
        return anchor_day_of(day, self._latest_due)

    def months_later(self, day: date, months: int) -> date:
        """The date `months` after `day`, on the day of the month this loan keeps to."""
        return add_months(day, months, self.anchor_day(day))
