"""Planning: what is planned, when it goes out, what holds it back, and that planning again plans nothing twice."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from conversations.models import Conversation, OutboxMessage, Suppression
from loans.models import Agreement, Borrower, ContactPoint, Instalment, Loan, PromiseToPay, Quote, Schedule
from policies.contact import contact_policy
from scheduler.models import PlanRun
from scheduler.planner import Plan, forecast, plan
from scheduler.rates import Rate
from storage.engine import Database
from tests.support.reminder_book import (
    DUE,
    SHANGHAI,
    add_borrower,
    add_chat,
    add_loan,
    add_schedule,
    at,
    rows,
)

POLICY = contact_policy()


def stages(database: Database) -> list[str | None]:
    return [row.rule_id for row in rows(database)]


def one_borrower(database: Database, due: date = DUE) -> None:
    with database.write() as session:
        add_loan(session, add_borrower(session, "B1"), "L1", [due])


def held(outcome: Plan) -> dict[str, str | None]:
    return {item.loan: item.held_by for item in outcome.looked}


@pytest.mark.parametrize(
    ("day", "stage"),
    [
        (date(2026, 11, 30), "D-10"),
        (date(2026, 12, 7), "D-3"),
        (date(2026, 12, 9), "D-1"),
        (date(2026, 12, 10), "D0"),
        (date(2026, 12, 13), "D+3"),
    ],
)
def test_each_stage_is_planned_on_its_day(database: Database, day: date, stage: str) -> None:
    one_borrower(database)
    plan(database, POLICY, datetime(day.year, day.month, day.day, 1, tzinfo=UTC))
    assert stages(database) == [stage]
    row = rows(database)[0]
    assert (row.lane, row.status, row.channel, row.address) == ("reminder", "pending", "telegram", "chat-B1")
    assert row.dedupe_key == f"{row.loan_id}:1|{stage}|2026-12-10|telegram"
    assert row.due_on == DUE and row.text is None


@pytest.mark.parametrize("day", [1, 6, 8, 11, 12, 14])
def test_nothing_is_planned_on_the_days_between(database: Database, day: int) -> None:
    one_borrower(database)
    plan(database, POLICY, at(day))
    assert rows(database) == []


def test_reminders_leave_in_the_first_hour_of_the_borrowers_own_window_each_at_its_own_time(
    database: Database,
) -> None:
    zones = [SHANGHAI, "Asia/Kolkata", "America/New_York", "Europe/London"]
    with database.write() as session:
        for number in range(40):
            borrower = add_borrower(session, f"B{number}", timezone=zones[number % 4])
            add_loan(session, borrower, f"L{number}", [DUE])
    plan(database, POLICY, at(7))
    with database.read() as session:
        found = session.execute(
            select(OutboxMessage.not_before, Borrower.timezone).join(
                Borrower, Borrower.id == OutboxMessage.borrower_id
            )
        ).all()
    local = [moment.astimezone(ZoneInfo(name)) for moment, name in found]
    assert len(local) == 40
    assert {(moment.date(), moment.hour) for moment in local} == {(date(2026, 12, 7), 8)}
    assert len({moment.minute for moment in local}) > 20


def test_planning_again_plans_only_what_is_new(database: Database) -> None:
    one_borrower(database)
    first = plan(database, POLICY, at(7), listed=True)
    assert sum(first.planned.values()) == 1
    with database.write() as session:
        add_loan(session, add_borrower(session, "B2"), "L2", [DUE])
    again = plan(database, POLICY, at(7, 5), listed=True)
    assert held(again) == {"L1": "already_planned", "L2": None}
    for moment in (at(7, 5), at(7, 0), at(6, 5)):
        assert sum(plan(database, POLICY, moment).planned.values()) == 0
    assert stages(database) == ["D-3", "D-3"]


def test_a_dry_run_lists_what_the_plan_then_does_and_changes_nothing(database: Database) -> None:
    with database.write() as session:
        borrower = add_borrower(session, "B1")
        add_loan(session, borrower, "L1", [DUE])
        add_loan(session, borrower, "L2", [DUE])
        add_loan(session, add_borrower(session, "B2", opted_out=True), "L3", [DUE])
    dry = plan(database, POLICY, at(7), dry_run=True, listed=True)
    with database.read() as session:
        assert session.scalar(select(func.count(PlanRun.rule_id))) == 0
    assert rows(database) == []
    assert held(dry) == {"L1": None, "L2": "cap_day", "L3": "opted_out"}
    real = plan(database, POLICY, at(7), listed=True)
    assert real.looked == dry.looked
    assert real.planned == dry.planned


def suppress(session: Session, borrower: Borrower, _: Loan) -> None:
    session.add(Suppression(borrower_id=borrower.id, reason="dispute", since=at(1)))


def suppress_until_tomorrow(session: Session, borrower: Borrower, _: Loan) -> None:
    session.add(Suppression(borrower_id=borrower.id, reason="already_paid", since=at(1), until=at(8)))


def refuse_consent(_: Session, borrower: Borrower, __: Loan) -> None:
    borrower.consent = False


def opt_out(_: Session, borrower: Borrower, __: Loan) -> None:
    borrower.opted_out = True


def promise(session: Session, _: Borrower, loan: Loan) -> None:
    session.add(PromiseToPay(loan_id=loan.id, amount=Decimal("10"), pay_on=date(2026, 12, 8), made_at=at(5)))


def leave_agreement_open(session: Session, _: Borrower, loan: Loan) -> None:
    quote = Quote(
        loan_id=loan.id,
        schedule_version=1,
        position_hash="0" * 64,
        kind="extension",
        params={},
        rows=[],
        totals={},
        new_maturity_on=DUE,
        extension_months=1,
        extra_cost=Decimal(0),
        summary_zh="",
        summary_en="",
        rules=[],
        consents_needed=["guarantor"],
        needs_approval=False,
        engine_version="1",
        rulebook="r@1",
        hash=f"{loan.id}",
        created_at=at(5),
        expires_at=at(9),
    )
    session.add(quote)
    session.flush()
    session.add(Agreement(loan_id=loan.id, quote_id=quote.id, status="pending_consent", confirmed_at=at(5)))


def let_a_person_take_over(session: Session, borrower: Borrower, _: Loan) -> None:
    session.query(Conversation).filter_by(borrower_id=borrower.id).update(
        {"control": "human", "owner": "an agent"}
    )


def ask_for_a_person(session: Session, borrower: Borrower, _: Loan) -> None:
    session.query(Conversation).filter_by(borrower_id=borrower.id).update({"handover": "requested"})


def close_the_chat(session: Session, borrower: Borrower, _: Loan) -> None:
    session.query(Conversation).filter_by(borrower_id=borrower.id).update({"control": "closed"})


def give_the_chat_to_another(session: Session, borrower: Borrower, _: Loan) -> None:
    other = add_borrower(session, "another", chat=None)
    session.query(Conversation).filter_by(borrower_id=borrower.id).update({"borrower_id": other.id})


def leave_only_a_phone(session: Session, borrower: Borrower, _: Loan) -> None:
    session.query(ContactPoint).filter_by(borrower_id=borrower.id).update({"kind": "phone"})


def live_nowhere(_: Session, borrower: Borrower, __: Loan) -> None:
    borrower.timezone = "Moon/Crater"


HOLDS: list[tuple[Callable[[Session, Borrower, Loan], None], str]] = [
    (suppress, "suppressed"),
    (suppress_until_tomorrow, "suppressed"),
    (refuse_consent, "consent"),
    (opt_out, "opted_out"),
    (promise, "promise_open"),
    (leave_agreement_open, "agreement_open"),
    (let_a_person_take_over, "person_in_charge"),
    (ask_for_a_person, "person_in_charge"),
    (close_the_chat, "contact_point"),
    (give_the_chat_to_another, "contact_point"),
    (leave_only_a_phone, "contact_point"),
    (live_nowhere, "unknown_timezone"),
]


@pytest.mark.parametrize(("change", "rule"), HOLDS, ids=[change.__name__ for change, _ in HOLDS])
def test_it_is_held_back_by_the_rule_that_says_so(
    database: Database, change: Callable[[Session, Borrower, Loan], None], rule: str
) -> None:
    with database.write() as session:
        borrower = add_borrower(session, "B1")
        change(session, borrower, add_loan(session, borrower, "L1", [DUE]))
        add_loan(session, add_borrower(session, "B2"), "L2", [DUE])
    outcome = plan(database, POLICY, at(7), listed=True)
    assert held(outcome) == {"L1": rule, "L2": None}
    assert len(rows(database)) == 1


def settle(session: Session) -> None:
    session.query(Instalment).update({"settled_on": DUE})


def close(session: Session) -> None:
    session.query(Loan).update({"status": "closed"})


def supersede(session: Session) -> None:
    session.query(Schedule).update({"status": "superseded"})


@pytest.mark.parametrize("change", [settle, close, supersede])
def test_paid_instalments_closed_loans_and_old_schedules_are_not_even_looked_at(
    database: Database, change: Callable[[Session], None]
) -> None:
    one_borrower(database)
    with database.write() as session:
        change(session)
    assert plan(database, POLICY, at(7), listed=True).looked == []


def test_a_suppression_that_was_lifted_or_has_passed_holds_nothing_back(database: Database) -> None:
    with database.write() as session:
        borrower = add_borrower(session, "B1")
        add_loan(session, borrower, "L1", [DUE])
        session.add(Suppression(borrower_id=borrower.id, reason="dispute", since=at(1), lifted_at=at(2)))
        session.add(Suppression(borrower_id=borrower.id, reason="already_paid", since=at(1), until=at(6)))
    plan(database, POLICY, at(7))
    assert stages(database) == ["D-3"]


def test_a_borrower_gets_one_a_day_and_the_most_urgent_first(database: Database) -> None:
    with database.write() as session:
        borrower = add_borrower(session, "B1")
        add_loan(session, borrower, "early", [DUE + timedelta(days=7)])
        add_loan(session, borrower, "today", [DUE - timedelta(days=3)])
        add_loan(session, borrower, "soon", [DUE])
    outcome = plan(database, POLICY, at(7), listed=True)
    assert held(outcome) == {"today": None, "soon": "cap_day", "early": "cap_day"}


def test_a_borrower_gets_one_a_day_and_three_in_any_seven_days_at_the_most(database: Database) -> None:
    with database.write() as session:
        borrower = add_borrower(session, "B1")
        for day in range(7, 22):
            add_loan(session, borrower, f"due on {day}", [date(2026, 12, day)])
    for day in range(1, 22):
        plan(database, POLICY, at(day))
    days = [row.not_before.day for row in rows(database)]
    assert days == sorted(set(days))
    assert max(sum(first <= day < first + 7 for day in days) for first in days) == 3


def test_an_unchanged_due_date_in_a_new_schedule_is_the_same_reminder_and_a_moved_one_is_new(
    database: Database,
) -> None:
    one_borrower(database)
    plan(database, POLICY, at(7))
    with database.write() as session:
        loan = session.query(Loan).one()
        add_schedule(session, loan, 2, [DUE])
    plan(database, POLICY, at(7))
    assert len(rows(database)) == 1
    with database.write() as session:
        add_schedule(session, session.query(Loan).one(), 3, [DUE + timedelta(days=3)])
    plan(database, POLICY, at(10))
    assert [row.due_on for row in rows(database)] == [DUE, DUE + timedelta(days=3)]


def test_days_missed_are_caught_up_and_what_is_too_late_is_kept_as_expired(database: Database) -> None:
    with database.write() as session:
        for ref, due in (("L1", 8), ("L2", 10), ("L3", 12), ("L4", 13)):
            add_loan(session, add_borrower(session, f"of {ref}"), ref, [date(2026, 12, due)])
    plan(database, POLICY, at(6))
    assert rows(database) == []
    outcome = plan(database, POLICY, at(10), listed=True)
    found = Counter((item.loan, item.rule, item.held_by) for item in outcome.looked)
    assert found == Counter(
        {
            ("L1", "D-1", "too_late"): 1,
            ("L1", "D0", "too_late"): 1,
            ("L2", "D-3", "too_late"): 1,
            ("L2", "D-1", "too_late"): 1,
            ("L2", "D0", None): 1,
            ("L3", "D-3", None): 1,
            ("L4", "D-3", None): 1,
        }
    )
    assert Counter(row.status for row in rows(database)) == {"expired": 4, "pending": 3}
    assert sum(plan(database, POLICY, at(10)).planned.values()) == 0


def test_the_first_plan_of_a_book_does_not_look_back(database: Database) -> None:
    with database.write() as session:
        add_loan(session, add_borrower(session, "B1"), "L1", [date(2026, 12, 9)])
    assert plan(database, POLICY, at(10), listed=True).looked == []


def test_it_catches_up_no_further_back_than_the_profile_says(database: Database) -> None:
    one_borrower(database, date(2026, 12, 2))
    plan(database, POLICY, at(1))
    plan(database, POLICY, at(20))
    assert stages(database) == ["D-1"]


def test_a_day_is_planned_where_it_has_not_ended_and_not_where_it_has(database: Database) -> None:
    """At 20:00 UTC on the 6th it is the 7th in Shanghai and still the 6th in New York."""
    with database.write() as session:
        for zone, due in ((SHANGHAI, 9), (SHANGHAI, 10), ("America/New_York", 9), ("America/New_York", 10)):
            borrower = add_borrower(session, f"{zone} {due}", timezone=zone)
            add_loan(session, borrower, f"{zone} {due}", [date(2026, 12, due)])
    outcome = plan(database, POLICY, at(6, 20), listed=True)
    assert held(outcome) == {f"{SHANGHAI} 10": None, "America/New_York 9": None, "America/New_York 10": None}


def test_the_chat_that_was_linked_comes_before_an_address_that_was_only_on_the_tape(
    database: Database,
) -> None:
    with database.write() as session:
        borrower = add_borrower(session, "B1", chat=None)
        session.add(ContactPoint(borrower_id=borrower.id, kind="telegram", value="on the tape"))
        add_chat(session, borrower, "linked", channel="web", verified=False)
        add_loan(session, borrower, "L1", [DUE])
        other = add_borrower(session, "B2", chat=None)
        session.add(ContactPoint(borrower_id=other.id, kind="telegram", value="only on the tape"))
        add_loan(session, other, "L2", [DUE])
    plan(database, POLICY, at(7))
    assert [(row.channel, row.address) for row in rows(database)] == [
        ("web", "linked"),
        ("telegram", "only on the tape"),
    ]


def test_the_watermark_and_the_rows_are_written_together_or_not_at_all(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_borrower(database)

    def fail(*_: object) -> None:
        raise RuntimeError("the machine stops here")

    monkeypatch.setattr("scheduler.planner._mark", fail)
    with pytest.raises(RuntimeError):
        plan(database, POLICY, at(7))
    assert rows(database) == []
    monkeypatch.undo()
    plan(database, POLICY, at(7))
    assert stages(database) == ["D-3"]


def test_two_planners_at_once_plan_everything_once_and_keep_to_the_caps(database: Database) -> None:
    with database.write() as session:
        for number in range(20):
            borrower = add_borrower(session, f"B{number}")
            add_loan(session, borrower, f"L{number}", [DUE])
            add_loan(session, borrower, f"M{number}", [DUE - timedelta(days=3)])
    threads = [threading.Thread(target=plan, args=(database, POLICY, at(7))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(stages(database)) == {"D0": 20}


def test_the_forecast_says_what_will_not_fit_into_the_window(database: Database) -> None:
    with database.write() as session:
        for number in range(3):
            add_loan(session, add_borrower(session, f"B{number}"), f"L{number}", [DUE])
    outcome = plan(database, POLICY, at(7), dry_run=True, listed=True)
    (fit,) = forecast(outcome, POLICY, {"telegram": Rate(per_second=2 / (11 * 3600))})
    assert (fit.channel, fit.planned, fit.capacity) == ("telegram", 3, 2)
