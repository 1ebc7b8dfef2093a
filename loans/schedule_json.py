"""The JSON in and out of `tideover schedule`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from loans.calendar import Period
from loans.money import Rounding
from loans.schedule import Schedule, ScheduleError, ScheduleTerms

_REQUIRED = ("principal", "annual_rate_pct", "instalments", "method", "disbursed_on", "first_due_on")
_OPTIONAL = ("period", "day_count", "rounding", "interest_only_periods", "balloon", "instalment_unit")


def terms_from_json(given: object) -> ScheduleTerms:
    """Schedule terms from one decoded JSON object. Amounts may be decimal strings (best) or numbers.

    Null stands for "not given". Raises ScheduleError for a missing, unknown or malformed field, naming it.
    """
    values = _object("input", given, (*_REQUIRED, *_OPTIONAL))
    missing = [name for name in _REQUIRED if name not in values]
    if missing:
        raise ScheduleError(missing[0], "is missing; add it", "缺少此项，请补上")
    optional: dict[str, Any] = {}
    if "period" in values:
        optional["period"] = _period(values["period"])
    if "rounding" in values:
        optional["rounding"] = _rounding(values["rounding"])
    if "day_count" in values:
        optional["day_count"] = _text("day_count", values["day_count"])
    if "interest_only_periods" in values:
        optional["interest_only_periods"] = _whole("interest_only_periods", values["interest_only_periods"])
    for name in ("balloon", "instalment_unit"):
        if name in values:
            optional[name] = _number(name, values[name])
    return ScheduleTerms(
        principal=_number("principal", values["principal"]),
        annual_rate_pct=_number("annual_rate_pct", values["annual_rate_pct"]),
        instalments=_whole("instalments", values["instalments"]),
        method=_text("method", values["method"]),
        disbursed_on=_date("disbursed_on", values["disbursed_on"]),
        first_due_on=_date("first_due_on", values["first_due_on"]),
        **optional,
    )


def schedule_to_json(schedule: Schedule) -> dict[str, Any]:
    """A schedule as JSON values: money and rate as decimal strings, dates as ISO dates."""
    return {
        "rows": [
            {
                "number": row.number,
                "due_on": row.due_on.isoformat(),
                "principal": str(row.principal),
                "interest": str(row.interest),
                "due": str(row.due),
                "balance": str(row.balance),
            }
            for row in schedule.rows
        ],
        "totals": {
            "principal": str(schedule.totals.principal),
            "interest": str(schedule.totals.interest),
            "due": str(schedule.totals.due),
        },
        "apr_pct": None if schedule.apr_pct is None else str(schedule.apr_pct),
    }


def _period(given: object) -> Period:
    values = _object("period", given, ("n", "unit", "months"))
    count = _whole("period.n", values.get("n", 1))
    unit = _text("period.unit", values.get("unit", "month"))
    listed = values.get("months", [])
    if not isinstance(listed, list):
        raise ScheduleError("period.months", "must be a list such as [6, 10]", "请写成 [6, 10] 这样的列表")
    months = tuple(_whole("period.months", month) for month in listed)
    try:
        return Period(count, unit, months)
    except ValueError as error:
        raise ScheduleError(
            "period",
            str(error),
            "还款周期请用 month、week 或 day，n 至少为 1（两周一次是 n 为 2 的 week）；"
            "按收成季节还款用 season，并从小到大列出 months，例如 [6, 10]",
        ) from None


def _rounding(given: object) -> Rounding:
    values = _object("rounding", given, ("mode", "unit"))
    unit = _number("rounding.unit", values.get("unit", "0.01"))
    try:
        return Rounding(_text("rounding.mode", values.get("mode", "HALF_UP")), unit)
    except ValueError as error:
        raise ScheduleError(
            "rounding", str(error), "取整方式请用 HALF_UP、HALF_EVEN 或 UP，单位须大于 0"
        ) from None


def _object(field: str, given: object, known: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise ScheduleError(field, "must be a JSON object", "须为 JSON 对象")
    for name in given:
        if name not in known:
            raise ScheduleError(
                str(name), f"is unknown here; use {', '.join(known)}", f"未知字段；可用：{', '.join(known)}"
            )
    return {name: value for name, value in given.items() if value is not None}


def _number(field: str, given: object) -> Decimal:
    if isinstance(given, (str, int, float, Decimal)) and not isinstance(given, bool):
        try:
            number = Decimal(str(given))
        except InvalidOperation:
            number = Decimal("nan")
        if number.is_finite():
            return number
    raise ScheduleError(
        field,
        f'{_shown(given)} is not a number; write it like "1000.00"',
        '不是数字；请写成 "1000.00" 的形式',
    )


def _whole(field: str, given: object) -> int:
    number = _number(field, given)
    if not -(10**9) <= number <= 10**9 or number != number.to_integral_value():
        raise ScheduleError(field, f"{_shown(given)} must be a whole number", "须为整数")
    return int(number)


def _shown(given: object) -> str:
    return str(given) if isinstance(given, Decimal) else repr(given)


def _text(field: str, given: object) -> str:
    if not isinstance(given, str):
        raise ScheduleError(field, f"{_shown(given)} must be text", "须为文字")
    return given


def _date(field: str, given: object) -> date:
    try:
        return (
            date.fromisoformat(given)
            if isinstance(given, str) and len(given) == 10
            else _bad_date(field, given)
        )
    except ValueError:
        return _bad_date(field, given)


def _bad_date(field: str, given: object) -> date:
    raise ScheduleError(
        field,
        f"{_shown(given)} is not a date; write it like 2026-03-31",
        "不是日期；请写成 2026-03-31 的形式",
    )
