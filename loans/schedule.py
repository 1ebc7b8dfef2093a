"""A loan's repayment schedule from its terms: pure arithmetic, no loan book."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from loans.apr import NoRateError, effective_rate_pct
from loans.calendar import MONTHLY, SEASON, Period, anchor_day_of, due_dates
from loans.contract import METHODS, Contract, amortise
from loans.daycount import DAY_COUNTS, THIRTY_360
from loans.money import CENT, LARGEST_AMOUNT, ZERO, Rounding, places

MOST_INSTALMENTS = 36600
HIGHEST_RATE_PCT = Decimal(10000)
MOST_RATE_PLACES = 20
SMALLEST_UNIT = Decimal("0.000001")
LARGEST_UNIT = Decimal(1000000)


class ScheduleError(ValueError):
    """Terms that make no schedule: `field` names what is wrong; `en` and `zh` say why and what to do."""

    def __init__(self, field: str, en: str, zh: str) -> None:
        super().__init__(f"{field}: {en}")
        self.field = field
        self.en = en
        self.zh = zh


@dataclass(frozen=True)
class ScheduleTerms:
    """What a schedule is made from. Amounts are in the loan's currency, the rate is percent a year.

    `bullet` pays interest each period and the principal with the last instalment; with one instalment both
    come at maturity. `interest_only` does the same unless `interest_only_periods` is given: then level
    instalments follow. `balloon` pays that amount with the last instalment, on top of the level one. `flat`
    counts interest on the original principal throughout. `interest_only_periods` delays principal under the
    other methods too.
    Raises ScheduleError when a term is out of range or the terms contradict each other.
    """

    principal: Decimal
    annual_rate_pct: Decimal
    instalments: int
    method: str
    disbursed_on: date
    first_due_on: date
    period: Period = MONTHLY
    day_count: str = THIRTY_360
    rounding: Rounding = field(default_factory=Rounding)
    interest_only_periods: int = 0
    balloon: Decimal | None = None
    instalment_unit: Decimal | None = None

    def __post_init__(self) -> None:
        _check_unit("rounding", self.rounding.unit)
        _check_amount("principal", self.principal, self.rounding.unit)
        self._check_rate()
        _check(
            1 <= self.instalments <= MOST_INSTALMENTS,
            "instalments",
            f"give a count from 1 to {MOST_INSTALMENTS}, not {self.instalments}",
            f"期数请填 1 到 {MOST_INSTALMENTS}，不能是 {self.instalments}",
        )
        _check_choice("method", self.method, METHODS)
        _check_choice("day_count", self.day_count, DAY_COUNTS)
        _check(
            self.first_due_on > self.disbursed_on,
            "first_due_on",
            f"give a date after disbursed_on ({self.disbursed_on}), not {self.first_due_on}",
            f"首期还款日须晚于放款日 {self.disbursed_on}，不能是 {self.first_due_on}",
        )
        _check(
            self.period.unit != SEASON or self.first_due_on.month in self.period.months,
            "first_due_on",
            f"{self.first_due_on} is in none of the season's months {list(self.period.months)}; give one that is",
            f"首期还款日 {self.first_due_on} 不在所列月份 {list(self.period.months)} 中，请改为其中一个月",
        )
        self._check_interest_only()
        self._check_balloon()
        if self.instalment_unit is not None:
            _check_unit("instalment_unit", self.instalment_unit)

    def _check_rate(self) -> None:
        rate = self.annual_rate_pct
        _check(
            rate.is_finite() and 0 <= rate <= HIGHEST_RATE_PCT,
            "annual_rate_pct",
            f"give percent a year from 0 to {HIGHEST_RATE_PCT}, not {rate}",
            f"年利率请填 0 到 {HIGHEST_RATE_PCT} 之间的百分数，不能是 {rate}",
        )
        _check(
            places(rate) <= MOST_RATE_PLACES,
            "annual_rate_pct",
            f"{rate} has too many decimal places; give at most {MOST_RATE_PLACES}",
            f"年利率 {rate} 的小数位过多，最多 {MOST_RATE_PLACES} 位",
        )

    def _check_interest_only(self) -> None:
        _check(
            0 <= self.interest_only_periods < self.instalments,
            "interest_only_periods",
            f"give a count from 0 to {self.instalments - 1}: principal needs at least one of the "
            f"{self.instalments} instalments",
            f"只还息期数请填 0 到 {self.instalments - 1}：至少要有一期归还本金",
        )
        _check(
            self.method != "bullet" or not self.interest_only_periods,
            "interest_only_periods",
            "a bullet loan pays only interest until maturity; leave it out or choose another method",
            "到期还本的贷款在到期前只还利息；请不填此项，或换一种还款方式",
        )

    def _check_balloon(self) -> None:
        if self.method != "balloon":
            _check(
                self.balloon is None,
                "balloon",
                "only the method balloon has one; leave it out or set method to balloon",
                "只有 balloon 还款方式有尾款；请不填此项，或把还款方式改为 balloon",
            )
            return
        if self.balloon is None:
            raise ScheduleError(
                "balloon", "the method balloon needs it; give the amount due at the end", "请填写期末尾款金额"
            )
        _check_amount("balloon", self.balloon, self.rounding.unit)
        _check(
            self.balloon <= self.principal,
            "balloon",
            f"give at most the principal {self.principal}, not {self.balloon}",
            f"尾款不能超过本金 {self.principal}",
        )

    @property
    def contract(self) -> Contract:
        """The conventions of these terms, as the amortising function takes them."""
        keeps_paying_interest = self.method == "interest_only" and not self.interest_only_periods
        method = self.method if self.method != "interest_only" or keeps_paying_interest else "annuity"
        return Contract(
            annual_rate_pct=self.annual_rate_pct,
            method=method,
            day_count=self.day_count,
            rounding=self.rounding,
            period=self.period,
            instalment_unit=self.instalment_unit,
            flat_principal=self.principal,
        )


@dataclass(frozen=True)
class Row:
    """One instalment: what is due on its date, and the principal left after it."""

    number: int
    due_on: date
    principal: Decimal
    interest: Decimal
    due: Decimal
    balance: Decimal


@dataclass(frozen=True)
class Totals:
    """The sums over all rows."""

    principal: Decimal
    interest: Decimal
    due: Decimal


@dataclass(frozen=True)
class Schedule:
    """All rows, their totals, and the effective annual cost in percent (see `loans.apr.effective_rate_pct`).

    `apr_pct` is None only when the rate is too large to be written.
    """

    rows: tuple[Row, ...]
    totals: Totals
    apr_pct: Decimal | None


def build_schedule(terms: ScheduleTerms) -> Schedule:
    """The schedule the terms make.

    Each period's interest and the level instalment are rounded as the terms say; the last instalment takes
    the principal that is left, all of it when rounding left none in the instalments before. Dates by months or
    seasons keep their day, cut to shorter months; a first due date at a month's end keeps the day of
    disbursement when that is later in its month.
    Raises ScheduleError when the rounding leaves no level instalment or a date lies outside the calendar.
    """
    anchor = anchor_day_of(terms.first_due_on, terms.disbursed_on)
    try:
        dates = due_dates(terms.first_due_on, terms.instalments, terms.period, anchor)
    except OverflowError:
        raise ScheduleError(
            "instalments",
            "the last due date lies beyond the year 9999; give fewer instalments or a shorter period",
            "最后还款日超出可用日期；请减少期数或缩短还款周期",
        ) from None
    _check_instalment_unit(terms)
    parts = amortise(
        terms.principal,
        terms.disbursed_on,
        dates,
        terms.contract,
        interest_only=terms.interest_only_periods,
        balloon=terms.balloon or ZERO,
    )
    rows = tuple(
        Row(number, part.due_on, part.principal, part.interest, part.principal + part.interest, part.balance)
        for number, part in enumerate(parts, start=1)
    )
    return Schedule(rows, _totals(rows), _apr(terms, rows))


def _totals(rows: tuple[Row, ...]) -> Totals:
    principal = sum((row.principal for row in rows), ZERO)
    interest = sum((row.interest for row in rows), ZERO)
    return Totals(principal, interest, principal + interest)


def _apr(terms: ScheduleTerms, rows: tuple[Row, ...]) -> Decimal | None:
    try:
        return effective_rate_pct(
            [(terms.disbursed_on, -terms.principal), *((row.due_on, row.due) for row in rows)]
        )
    except NoRateError:
        return None


def _check_instalment_unit(terms: ScheduleTerms) -> None:
    unit = terms.instalment_unit
    _check(
        unit is None or unit * terms.instalments <= terms.principal,
        "instalment_unit",
        f"{unit} is too large for {terms.principal} in {terms.instalments} instalments; give a smaller unit",
        f"取整单位 {unit} 对本金 {terms.principal} 分 {terms.instalments} 期来说过大；请改小",
    )


def _check(holds: bool, field: str, en: str, zh: str) -> None:
    if not holds:
        raise ScheduleError(field, en, zh)


def _check_choice(field: str, value: str, choices: tuple[str, ...]) -> None:
    options = ", ".join(choices)
    _check(
        value in choices,
        field,
        f"{value!r} is unknown; use one of {options}",
        f"不支持“{value}”；可用：{options}",
    )


def _check_unit(field: str, unit: Decimal) -> None:
    _check(
        unit.is_finite() and SMALLEST_UNIT <= unit <= LARGEST_UNIT and places(unit) <= places(SMALLEST_UNIT),
        field,
        f"give a unit from {SMALLEST_UNIT} to {LARGEST_UNIT} with at most 6 decimal places, not {unit}",
        f"取整单位请填 {SMALLEST_UNIT} 到 {LARGEST_UNIT} 之间、最多 6 位小数的数，不能是 {unit}",
    )


def _check_amount(field: str, amount: Decimal, unit: Decimal) -> None:
    _check(
        amount.is_finite() and 0 < amount <= LARGEST_AMOUNT,
        field,
        f"give an amount greater than 0 and at most {LARGEST_AMOUNT}, not {amount}",
        f"金额须大于 0 且不超过 {LARGEST_AMOUNT}，不能是 {amount}",
    )
    _check(
        places(amount) <= places(SMALLEST_UNIT) and amount % min(unit, CENT) == 0,
        field,
        f"{amount} has more decimal places than the currency; round it first",
        f"金额 {amount} 的小数位过多；请先取整",
    )
