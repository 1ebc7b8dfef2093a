"""Calendar arithmetic for dates in speech: which 25th, which Friday. Local dates only, no clock."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from bot.entities.entity import Unclear

Outcome = date | Unclear

# A day and month without a year that passed this recently may be meant as past or as next year's.
_RECENT = timedelta(days=120)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Today in the borrower's time zone, and whether the clause speaks of something already done."""

    today: date
    looking_back: bool = False

    def in_days(self, days: int) -> Outcome:
        """Return today plus a number of days, which may be negative."""
        try:
            return self.today + timedelta(days=days)
        except OverflowError:
            return Unclear.NO_SUCH_DATE

    def in_months(self, months: int) -> Outcome:
        """Return the same day some months on, or the last day of that month when it is shorter."""
        year, month = self._month(months)
        if not 1 <= year <= 9999:
            return Unclear.NO_SUCH_DATE
        return date(year, month, min(self.today.day, monthrange(year, month)[1]))

    def after(self, n: int, unit: str) -> Outcome:
        """Return today plus n days, weeks, months or years; n may be negative."""
        if unit == "day":
            return self.in_days(n)
        if unit == "week":
            return self.in_days(7 * n)
        return self.in_months(n if unit == "month" else 12 * n)

    def day(self, day: int) -> Outcome:
        """Return the coming date with this day of the month, today included.

        The 25th after the 25th is next month's; in a clause about the past it is the latest one.
        """
        shift = 0
        if self.looking_back and day > self.today.day:
            shift = -1
        elif not self.looking_back and day < self.today.day:
            shift = 1
        return self.day_of_month(shift, day)

    def day_of_month(self, shift: int, day: int) -> Outcome:
        """Return a day of this month (shift 0), the next (1), the last (-1) and so on."""
        year, month = self._month(shift)
        return exact(year, month, day)

    def end_of_month(self, shift: int) -> date:
        """Return the last day of this month (shift 0), the next (1) and so on."""
        year, month = self._month(shift)
        return date(year, month, monthrange(year, month)[1])

    def month_and_day(self, month: int, day: int) -> Outcome:
        """Return the coming date with this month and day, or the latest one in a clause about the past."""
        this_year = exact(self.today.year, month, day)
        if not isinstance(this_year, date):
            leap_day = (month, day) == (2, 29)
            return exact(self.today.year + 1, month, day) if leap_day else this_year
        if self.looking_back:
            return this_year if this_year <= self.today else exact(self.today.year - 1, month, day)
        if this_year >= self.today:
            return this_year
        if self.today - this_year <= _RECENT:
            return Unclear.JUST_PASSED
        return exact(self.today.year + 1, month, day)

    def end_of_named_month(self, month: int) -> Outcome:
        """Return the last day of the coming month with this number, this month included."""
        year = self.today.year + (month < self.today.month)
        return exact(year, month, monthrange(year, month)[1]) if 1 <= month <= 12 else Unclear.NO_SUCH_DATE

    def weekday(self, weekday: int) -> date:
        """Return the coming weekday (Monday 0), today included, or the latest one in a clause about the past."""
        if self.looking_back:
            return self.today - timedelta(days=(self.today.weekday() - weekday) % 7)
        return self.today + timedelta(days=(weekday - self.today.weekday()) % 7)

    def weekday_of_week(self, shift: int, weekday: int) -> date:
        """Return a weekday of this week (shift 0), the next (1), the last (-1); weeks begin on Monday."""
        monday = self.today - timedelta(days=self.today.weekday())
        return monday + timedelta(days=7 * shift + weekday)

    def _month(self, shift: int) -> tuple[int, int]:
        months = 12 * self.today.year + self.today.month - 1 + shift
        return months // 12, months % 12 + 1


def exact(year: int, month: int, day: int) -> Outcome:
    """Return the date, or NO_SUCH_DATE for 30 February and the like."""
    try:
        return date(year, month, day)
    except ValueError:
        return Unclear.NO_SUCH_DATE
