"""The due dates of an agreement as a calendar file (RFC 5545) for a borrower's own calendar."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Event

from loans.agreement_ends import plan_goes_on
from loans.agreements import AgreementError
from loans.models import Agreement, Quote
from loans.quotes import rows_to_pay
from policies.lender import lender
from policies.texts import texts
from policies.wording import money

REMIND = timedelta(hours=-15)  # before the due day begins: at nine in the morning of the day before


def as_calendar(agreement: Agreement) -> bytes:
    """Return the due dates from the day of the confirmation on, in the borrower's language: no name, no loan number.

    A date is one event of the whole day, with everything due on it. Its UID comes from the loan and the instalment's
    number and its SEQUENCE from the plan's version, so that a calendar moves the events it has when a later plan is
    imported. The same agreement gives the same bytes. Raises AgreementError unless its plan is in force and asks
    for money.
    """
    if agreement.status != "active" and not plan_goes_on(agreement):
        raise AgreementError(
            "not_in_force",
            f"协议 {agreement.id} 现在是 {agreement.status}，没有生效，不能导出日历。",
            f"agreement {agreement.id} is {agreement.status}, not in force; there are no due dates to export.",
        )
    language = agreement.loan.borrower.language
    dates = list(_due_dates(agreement))
    if not dates:
        raise AgreementError(
            "no_due_dates",
            f"协议 {agreement.id} 没有待还的日期，不能导出日历。",
            f"agreement {agreement.id} has no due dates left to export.",
        )
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//Tideover//Agreement//EN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", texts()["calendar_name"].render(language, {}))
    for number, due_on, amount in dates:
        calendar.add_component(_event(agreement, language, number, due_on, amount))
    return bytes(calendar.to_ical())


def _due_dates(agreement: Agreement) -> Iterator[tuple[int, date, Decimal]]:
    quote: Quote = agreement.quote
    zone = ZoneInfo(agreement.loan.borrower.timezone)
    confirmed_on = agreement.confirmed_at.astimezone(zone).date().isoformat()
    rows = [row for row in rows_to_pay(quote) if row["due_on"] >= confirmed_on]
    for due_on in sorted({row["due_on"] for row in rows}):
        together = [row for row in rows if row["due_on"] == due_on]
        amount = sum((Decimal(row["due"]) for row in together), Decimal(0))
        yield int(together[0]["number"]), date.fromisoformat(due_on), amount


def _event(agreement: Agreement, language: str, number: int, due_on: date, amount: Decimal) -> Event:
    values = {**lender().values(language), "agreement": agreement.id[:8]}
    title = texts()["calendar_title"].render(
        language, {"amount": money(amount, agreement.loan.currency, language)}
    )
    loan = hashlib.sha256(agreement.loan.ref.encode()).hexdigest()[:16]
    written = (agreement.decided_at or agreement.confirmed_at).astimezone(UTC)
    event = Event()
    event.add("uid", f"{loan}-{number}@tideover")
    event.add("sequence", agreement.quote.schedule_version)
    event.add("dtstamp", written)
    event.add("dtstart", due_on)
    event.add("dtend", due_on + timedelta(days=1))
    event.add("summary", title)
    event.add("description", texts()["calendar_note"].render(language, values))
    event.add("class", "PRIVATE")
    event.add("transp", "TRANSPARENT")
    reminder = Alarm()
    reminder.add("action", "DISPLAY")
    reminder.add("description", title)
    reminder.add("trigger", REMIND)
    event.add_component(reminder)
    return event
