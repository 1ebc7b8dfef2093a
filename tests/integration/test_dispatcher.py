"""Sending: the last gate, the words, every answer a channel can give, order, control, and rates."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import intake
from bot.incoming import Incoming
from conversations.control import take_over
from conversations.models import Conversation, OutboxMessage, SendAttempt, Suppression
from conversations.outbox import ButtonChoice, Message, enqueue
from conversations.outbox_state import cancel_reminders
from conversations.sending import Delivery, Outcome
from loans.models import Borrower, ContactPoint, Instalment, Loan
from policies.contact import contact_policy
from scheduler import dispatcher as dispatching
from scheduler.dispatcher import Dispatcher
from scheduler.planner import plan
from scheduler.rates import Rate, take
from scheduler.recovery import sweep
from scheduler.status import status
from storage.engine import Database
from tests.integration.test_planner import HOLDS, live_nowhere
from tests.support.reminder_book import DUE, Journal, add_borrower, add_loan, add_schedule, at, rows
from transcripts import log
from transcripts.models import LogEntry

POLICY = contact_policy()
NOW = at(7)
NO_LIMIT: dict[str, Rate] = {}


def sending(
    database: Database,
    journal: Journal,
    now: datetime = NOW,
    rates: dict[str, Rate] = NO_LIMIT,
    **options: Any,
) -> Dispatcher:
    return Dispatcher(database, {"telegram": journal}, clock=lambda: now, rates=rates, **options)


def planned(database: Database, borrowers: int = 1, **about: Any) -> None:
    """A book with a reminder planned for each borrower on 7 December, due at any time after 09:00 in Shanghai."""
    with database.write() as session:
        for number in range(1, borrowers + 1):
            add_loan(session, add_borrower(session, f"B{number}", **about), f"L{number}", [DUE])
    plan(database, POLICY, at(7))


def say(database: Database, *texts: str, lane: str = "reply", buttons: tuple[ButtonChoice, ...] = ()) -> str:
    """Put replies into the outbox of the only conversation; returns its id."""
    with database.write() as session:
        conversation = session.query(Conversation).one()
        for text in texts:
            message = Message(text, "test@1", buttons)
            enqueue(session, conversation, message, dedupe_key=text, lane=lane, at=at(7))
        return conversation.id


def one_chat(database: Database) -> None:
    with database.write() as session:
        add_borrower(session, "B1")


def entries(database: Database, kind: str) -> list[dict[str, Any]]:
    with database.read() as session:
        conversation = session.query(Conversation).one()
        return [entry.payload for entry in log.entries(session, conversation.id) if entry.kind == kind]


async def test_a_reminder_is_put_into_words_logged_sent_and_its_delivery_logged(database: Database) -> None:
    planned(database)
    journal = Journal()
    counts = await sending(database, journal).dispatch_due()
    assert counts == {"sent": 1}
    (delivery,) = journal.accepted
    assert delivery.address == "chat-B1"
    assert "1,030.00元" in delivery.text and "2026年12月10日" in delivery.text and "退订" in delivery.text
    (row,) = rows(database)
    assert (row.status, row.provider_message_id, row.template) == ("sent", "1", "reminder_due_soon@1")
    (said,) = entries(database, "reminder")
    assert (said["text"], said["template"], said["language"]) == (delivery.text, "reminder_due_soon@1", "zh")
    assert said["because"]["stage"] == "D-3" and said["because"]["policy"] == "default@1"
    assert {"id": "cap_day", "allowed": True} in said["because"]["rules"]
    (arrived,) = entries(database, "delivery")
    assert (arrived["status"], arrived["message"]) == ("sent", row.log_entry_id)


async def test_it_is_written_in_the_language_of_the_chat(database: Database) -> None:
    planned(database, language="en")
    journal = Journal()
    await sending(database, journal).dispatch_due()
    assert "a payment of ¥1,030.00 is due on 10 December 2026" in journal.accepted[0].text


async def test_before_the_identity_check_nothing_about_a_debt_is_said(database: Database) -> None:
    with database.write() as session:
        add_loan(session, add_borrower(session, "B1"), "L1", [DUE])
        session.query(Conversation).update({"verified_at": None})
    plan(database, POLICY, at(7))
    journal = Journal()
    await sending(database, journal).dispatch_due()
    (row,) = rows(database)
    assert row.template == "reminder_neutral@1"
    assert "1,030" not in journal.accepted[0].text and "还款" not in journal.accepted[0].text


async def test_an_address_from_the_tape_gets_the_neutral_text_and_a_conversation(database: Database) -> None:
    with database.write() as session:
        borrower = add_borrower(session, "B1", chat=None, language="en")
        session.add(ContactPoint(borrower_id=borrower.id, kind="telegram", value="4711"))
        add_loan(session, borrower, "L1", [DUE])
    plan(database, POLICY, at(7))
    journal = Journal()
    await sending(database, journal).dispatch_due()
    assert journal.accepted[0].address == "4711" and "1,030" not in journal.accepted[0].text
    with database.read() as session:
        conversation = session.query(Conversation).one()
        assert (conversation.address, conversation.verified_at, conversation.language) == ("4711", None, "en")


async def test_two_loans_due_the_same_day_are_named_in_one_message(database: Database) -> None:
    with database.write() as session:
        borrower = add_borrower(session, "B1")
        add_loan(session, borrower, "L1", [DUE])
        add_loan(session, borrower, "L2", [DUE], amount="530.00")
    plan(database, POLICY, at(7))
    journal = Journal()
    await sending(database, journal).dispatch_due()
    assert "1,030.00元、530.00元" in journal.accepted[0].text
    assert len(journal.accepted) == 1


async def test_nothing_is_sent_before_its_time(database: Database) -> None:
    planned(database)
    journal = Journal()
    early = rows(database)[0].not_before - timedelta(seconds=1)
    assert await sending(database, journal, early).dispatch_due() == {"sent": 0}
    assert journal.tried == []


def pay(session: Session, _: Borrower, __: Loan) -> None:
    session.query(Instalment).update({"settled_on": date(2026, 12, 6)})


def move_the_due_date(session: Session, _: Borrower, loan: Loan) -> None:
    add_schedule(session, loan, 2, [DUE + timedelta(days=60)])


def close_the_loan(_: Session, __: Borrower, loan: Loan) -> None:
    loan.status = "closed"


GATE = [
    (pay, "unpaid"),
    (move_the_due_date, "unpaid"),
    (close_the_loan, "unpaid"),
    *[(change, rule) for change, rule in HOLDS if change.__name__ != "leave_only_a_phone"],
]


@pytest.mark.parametrize(("change", "rule"), GATE, ids=[change.__name__ for change, _ in GATE])
async def test_what_happens_between_plan_and_sending_is_seen_at_the_last_gate(
    database: Database, change: Callable[[Session, Borrower, Loan], None], rule: str
) -> None:
    planned(database)
    with database.write() as session:
        change(session, session.query(Borrower).one(), session.query(Loan).one())
    journal = Journal()
    await sending(database, journal).dispatch_due()
    (row,) = rows(database)
    assert (row.status, row.last_error) == ("cancelled", rule)
    assert journal.tried == []


async def test_an_unchanged_instalment_in_a_new_schedule_version_is_still_reminded(
    database: Database,
) -> None:
    planned(database)
    with database.write() as session:
        add_schedule(session, session.query(Loan).one(), 2, [DUE, DUE + timedelta(days=30)])
    journal = Journal()
    assert await sending(database, journal).dispatch_due() == {"sent": 1}


async def test_outside_the_contact_hours_it_waits_for_the_next_window(database: Database) -> None:
    planned(database)
    journal = Journal()
    await sending(database, journal, at(7, 13)).dispatch_due()
    (row,) = rows(database)
    assert (row.status, row.not_before) == ("pending", at(8, 0))
    assert journal.tried == []
    assert await sending(database, journal, at(8, 0)).dispatch_due() == {"sent": 1}


async def test_what_cannot_wait_for_the_next_window_expires(database: Database) -> None:
    with database.write() as session:
        add_loan(session, add_borrower(session, "B1"), "L1", [date(2026, 12, 7)])
    plan(database, POLICY, at(7))
    await sending(database, Journal(), at(7, 13)).dispatch_due()
    assert [row.status for row in rows(database)] == ["expired"]


async def test_one_that_was_moved_to_another_day_does_not_make_two_on_that_day(database: Database) -> None:
    with database.write() as session:
        borrower = add_borrower(session, "B1")
        add_loan(session, borrower, "L1", [DUE])
        add_loan(session, borrower, "L2", [DUE + timedelta(days=8)])
    plan(database, POLICY, at(7))
    with database.write() as session:
        session.query(OutboxMessage).update({"not_before": at(8, 1)})
    plan(database, POLICY, at(8))
    with database.write() as session:
        session.add(
            OutboxMessage(
                dedupe_key="another",
                lane="reminder",
                priority=10,
                channel="telegram",
                address="chat-B1",
                borrower_id=1,
                loan_id=2,
                due_on=DUE + timedelta(days=8),
                rule_id="D-10",
                template="reminder_ask_early",
                not_before=at(8, 1),
                expires_at=at(9, 13),
                created_at=at(8),
            )
        )
    journal = Journal()
    await sending(database, journal, at(8, 2)).dispatch_due()
    assert len(journal.accepted) == 1
    assert sorted(row.status for row in rows(database)) == ["expired", "sent"]


async def test_cancelled_with_the_payment_it_is_never_looked_at_again(database: Database) -> None:
    planned(database, borrowers=2)
    with database.write() as session:
        assert cancel_reminders(session, loan_id=1, reason="paid") == 1
        assert cancel_reminders(session, borrower_id=1, reason="again") == 0
        with pytest.raises(ValueError, match="either"):
            cancel_reminders(session, reason="whose?")
    journal = Journal()
    await sending(database, journal).dispatch_due()
    assert [(row.status, row.last_error) for row in rows(database)] == [("cancelled", "paid"), ("sent", None)]


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Outcome("refused", error="bad message"), "dead"),
        (Outcome("blocked", error="blocked by the user"), "dead"),
        (Outcome("uncertain", error="read timeout"), "uncertain"),
        (RuntimeError("a bug in the channel"), "uncertain"),
    ],
)
async def test_a_final_answer_is_kept_and_logged_and_the_call_is_never_repeated(
    database: Database, outcome: Outcome | Exception, state: str
) -> None:
    planned(database)
    journal = Journal(outcome)
    for hour in (1, 2, 3):
        await sending(database, journal, at(7, hour)).dispatch_due()
    assert len(journal.tried) == 1
    assert [row.status for row in rows(database)] == [state]
    assert [entry["status"] for entry in entries(database, "delivery")] == [state]


async def test_silence_is_uncertain(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatching, "SEND_TIMEOUT", 0.05)
    planned(database)
    assert await sending(database, Journal(delay=5)).dispatch_due() == {"sent": 0, "uncertain": 1}
    assert status(database).uncertain[0].error == "no answer within 0.05 s"


async def test_a_blocked_chat_makes_the_borrower_unreachable_until_it_is_lifted(database: Database) -> None:
    planned(database)
    await sending(database, Journal(Outcome("blocked"))).dispatch_due()
    with database.read() as session:
        assert session.scalars(select(Suppression.reason)).all() == ["unreachable"]
    outcome = plan(database, POLICY, at(9), listed=True)
    assert [item.held_by for item in outcome.looked if item.rule == "D-1"] == ["suppressed"]


async def test_whoever_writes_again_can_be_reached_again(database: Database) -> None:
    planned(database, borrowers=2)
    await sending(database, Journal(Outcome("blocked"), Outcome("blocked"))).dispatch_due()
    for chat, key in (("a stranger's", "1"), ("chat-B1", "2"), ("chat-B1", "2")):
        intake.take(database, Incoming("telegram", chat, key, "text", "你好", clock=at(8)))
    with database.read() as session:
        lifted = session.execute(select(Borrower.ref, Suppression.lifted_at).join(Borrower)).all()
        assert sorted(map(tuple, lifted)) == [("B1", at(8)), ("B2", None)]
    outcome = plan(database, POLICY, at(9), listed=True)
    held = {item.held_by for item in outcome.looked if item.rule == "D-1"}
    assert held == {None, "suppressed"}
    with database.read() as session:
        lifts = session.scalars(select(LogEntry.payload).where(LogEntry.kind == "suppression_lifted")).all()
    assert lifts == [{"reason": "unreachable"}]


async def test_a_retry_waits_longer_each_time_and_gives_up_after_six(database: Database) -> None:
    planned(database)
    journal = Journal(*[Outcome("retry", error="connection refused")] * 9)
    now = at(7)
    waits = []
    for _ in range(5):
        await sending(database, journal, now).dispatch_due()
        (row,) = rows(database)
        assert row.status == "pending"
        waits.append((row.not_before - now).total_seconds())
        now = row.not_before
    assert waits == [5, 10, 20, 40, 80]
    await sending(database, journal, now).dispatch_due()
    assert [row.status for row in rows(database)] == ["dead"]
    assert len(entries(database, "reminder")) == 1
    with database.read() as session:
        assert session.scalars(select(SendAttempt.outcome)).all() == ["retry"] * 6


async def test_told_to_slow_down_the_whole_channel_waits_and_no_attempt_is_used(database: Database) -> None:
    planned(database, borrowers=3)
    journal = Journal(Outcome("rate_limited", retry_after=0.4), delay=0.01)
    begun = time.monotonic()
    counts = await sending(database, journal, in_flight=1).dispatch_due()
    assert counts == {"sent": 3, "rate_limited": 1}
    assert time.monotonic() - begun >= 0.4
    assert [row.attempts for row in rows(database)] == [1, 1, 1]
    assert set(journal.times_accepted().values()) == {1}


async def test_a_long_pause_is_not_waited_for_but_kept(database: Database) -> None:
    planned(database, borrowers=2)
    journal = Journal(Outcome("rate_limited", retry_after=60))
    dispatcher = sending(database, journal, in_flight=1)
    assert await dispatcher.dispatch_due() == {"sent": 0, "rate_limited": 1}
    assert await dispatcher.dispatch_due() == {"sent": 0}
    one = [row.conversation_id for row in rows(database) if row.conversation_id]
    assert await dispatcher.dispatch_replies(one[0] or "") == 0
    assert len(journal.tried) == 1


async def test_a_chat_that_moved_is_followed(database: Database) -> None:
    planned(database)
    journal = Journal(Outcome("migrated", new_address="moved"))
    await sending(database, journal).dispatch_due()
    assert [delivery.address for delivery in journal.accepted] == ["moved"]
    with database.read() as session:
        assert session.scalars(select(Conversation.address)).all() == ["moved"]
        assert session.scalars(select(ContactPoint.value)).all() == ["moved"]


async def test_a_poisoned_row_stops_nobody_else(database: Database) -> None:
    planned(database, borrowers=3)
    with database.write() as session:
        session.query(OutboxMessage).filter_by(loan_id=2).update({"rule_id": "D-99"})
    journal = Journal()
    assert await sending(database, journal).dispatch_due() == {"sent": 2}
    assert sorted(row.status for row in rows(database)) == ["dead", "sent", "sent"]


async def test_never_more_calls_are_in_flight_than_allowed_and_each_is_made_once(database: Database) -> None:
    planned(database, borrowers=25)
    journal = Journal(delay=0.02)
    counts = await sending(database, journal, in_flight=4).dispatch_due()
    assert counts == {"sent": 25}
    assert journal.most_in_flight == 4
    assert set(journal.times_accepted().values()) == {1}


async def test_two_dispatchers_share_the_work_and_repeat_nothing(database: Database) -> None:
    planned(database, borrowers=30)
    journal = Journal(delay=0.005)
    await asyncio.gather(*(sending(database, journal).dispatch_due() for _ in range(3)))
    assert len(journal.accepted) == 30
    assert set(journal.times_accepted().values()) == {1}
    assert status(database).states["sent"] == 30


async def test_reminders_keep_to_the_rate(database: Database) -> None:
    planned(database, borrowers=10)
    times: list[float] = []

    def note(_: Delivery) -> Outcome:
        times.append(time.monotonic())
        return Outcome("sent")

    await sending(database, Journal(*[note] * 10), rates={"telegram": Rate(per_second=40)}).dispatch_due()
    assert len(times) == 10
    assert times[-1] - times[0] >= 9 / 40 * 0.95


def test_answers_may_run_ahead_of_the_rate_and_reminders_then_wait(database: Database) -> None:
    rate = Rate(per_second=1, burst=1, overdraft=2)
    with database.write() as session:
        grants = [take(session, "telegram", rate, 1, answers=True).tokens for _ in range(4)]
        reminder = take(session, "telegram", rate, 5)
    assert grants == [1, 1, 1, 0]
    assert reminder.tokens == 0 and 2.5 < reminder.wait <= 3


async def test_replies_leave_at_once_in_order_with_their_buttons(database: Database) -> None:
    one_chat(database)
    conversation = say(database, "first", "second", buttons=(ButtonChoice("Yes", "affirm"),))
    say(database, "third")
    journal = Journal()
    assert await sending(database, journal).dispatch_replies(conversation) == 3
    assert [delivery.text for delivery in journal.accepted] == ["first", "second", "third"]
    ((title, token),) = journal.accepted[0].buttons
    assert title == "Yes" and len(token) >= 12
    assert [entry["status"] for entry in entries(database, "delivery")] == ["sent"] * 3


async def test_a_reply_goes_out_at_night(database: Database) -> None:
    one_chat(database)
    conversation = say(database, "hello")
    assert await sending(database, Journal(), at(7, 19)).dispatch_replies(conversation) == 1


async def test_nothing_is_said_out_of_order_when_the_first_has_to_wait(database: Database) -> None:
    one_chat(database)
    conversation = say(database, "first", "second")
    now = datetime.now(UTC)
    journal = Journal(Outcome("retry"))
    assert await sending(database, journal, now).dispatch_replies(conversation) == 0
    assert await sending(database, journal, now).dispatch_due() == {"sent": 0}
    assert [delivery.text for delivery in journal.tried] == ["first"]
    later = now + timedelta(seconds=6)
    assert await sending(database, journal, later).dispatch_due() == {"sent": 2}
    assert [delivery.text for delivery in journal.accepted] == ["first", "second"]


async def test_called_from_many_sides_at_once_a_conversation_stays_in_order_and_nothing_is_said_twice(
    database: Database,
) -> None:
    one_chat(database)
    texts = [f"{number:02}" for number in range(12)]
    conversation = say(database, *texts)
    journal = Journal(delay=0.005)
    dispatchers = [sending(database, journal) for _ in range(3)]
    await asyncio.gather(
        *(d.dispatch_replies(conversation) for d in dispatchers * 2), dispatchers[0].dispatch_due()
    )
    assert [delivery.text for delivery in journal.accepted] == texts
    assert journal.most_in_flight == 1


async def test_after_a_take_over_the_bots_words_are_withheld_and_the_persons_go_out(
    database: Database,
) -> None:
    one_chat(database)
    conversation = say(database, "from the bot")
    with database.write() as session:
        session.query(Conversation).update({"control": "human", "owner": "an agent", "control_epoch": 1})
    say(database, "from the agent", lane="staff")
    journal = Journal()
    assert await sending(database, journal).dispatch_replies(conversation) == 1
    assert [delivery.text for delivery in journal.accepted] == ["from the agent"]
    assert [row.status for row in rows(database)] == ["cancelled", "sent"]
    assert [entry["status"] for entry in entries(database, "delivery")] == ["cancelled", "sent"]


async def test_a_take_over_during_a_call_stops_the_rest(database: Database) -> None:
    one_chat(database)
    conversation = say(database, "first", "second")

    def taken_over_meanwhile(_: Delivery) -> Outcome:
        with database.write() as session:
            take_over(session, conversation, owner="an agent", seen_epoch=0, at=at(7))
        return Outcome("sent")

    assert await sending(database, Journal(taken_over_meanwhile)).dispatch_replies(conversation) == 1
    assert [row.status for row in rows(database)] == ["sent", "cancelled"]


async def test_words_from_before_a_take_over_and_a_hand_back_are_withheld(database: Database) -> None:
    one_chat(database)
    conversation = say(database, "old words")
    with database.write() as session:
        session.query(Conversation).update({"control_epoch": 2})
    journal = Journal()
    assert await sending(database, journal).dispatch_replies(conversation) == 0
    assert journal.tried == []


async def test_an_acknowledgement_after_the_lease_counts_for_nothing(database: Database) -> None:
    planned(database)

    def swept_meanwhile(_: Delivery) -> Outcome:
        with database.write() as session:
            session.query(OutboxMessage).update({"lease_until": at(1, month=1)})
        swept.update(sweep(database, at(7)))
        return Outcome("sent")

    swept: Counter[str] = Counter()
    await sending(database, Journal(swept_meanwhile)).dispatch_due()
    assert swept == {"uncertain": 1}
    (row,) = rows(database)
    assert (row.status, row.sent_at) == ("uncertain", None)
    assert [entry["status"] for entry in entries(database, "delivery")] == ["uncertain"]


def test_the_sweep_leaves_alone_what_a_living_process_is_sending(database: Database) -> None:
    planned(database)
    dispatcher = sending(database, Journal())
    assert len(dispatcher._next_reminders(8, ()).claims) == 1
    assert sweep(database, at(7)) == {}
    assert [row.status for row in rows(database)] == ["sending"]


def test_the_sweep_expires_what_is_too_late(database: Database) -> None:
    planned(database, borrowers=2)
    assert sweep(database, at(8, 12)) == {}
    assert sweep(database, at(8, 13)) == {"expired": 2}
    assert status(database).states["expired"] == 2


async def test_stopping_finishes_what_is_in_flight_and_begins_nothing_new(database: Database) -> None:
    planned(database, borrowers=10)
    journal = Journal(delay=0.05)
    dispatcher = sending(database, journal, in_flight=2)
    running = asyncio.create_task(dispatcher.dispatch_due())
    while not journal.tried:
        await asyncio.sleep(0.005)
    dispatcher.stop()
    assert await running == {"sent": 2}
    assert status(database).states["sent"] == 2 and status(database).states["pending"] == 8


async def test_the_states_add_up_to_what_was_planned(database: Database) -> None:
    planned(database, borrowers=8)
    answers = [Outcome("refused"), Outcome("uncertain"), Outcome("blocked"), Outcome("retry")]
    await sending(database, Journal(*answers)).dispatch_due(limit=6)
    now = status(database)
    assert now.planned == 8 == sum(now.states.values())
    assert now.states == now.rules["D-3"]
    assert {state: count for state, count in now.states.items() if count} == {
        "sent": 2,
        "dead": 2,
        "uncertain": 1,
        "pending": 3,
    }


def test_the_gate_knows_every_rule_the_planner_holds_back_by() -> None:
    assert {rule for change, rule in HOLDS if change is not live_nowhere} <= {
        ruling.id for ruling in POLICY.evaluate(_facts())
    }


def _facts() -> Any:
    from policies.contact import Facts

    return Facts(local_now=at(7), unpaid=True, consent=True, opted_out=False)
