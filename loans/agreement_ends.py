"""How agreements in force end: kept to the end, broken by rule, or taken back by staff."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session, object_session

from loans.agreements import AgreementError, check_level
from loans.holding import hold
from loans.in_force import DATES, OF_THE_WHOLE_DEBT, has_plan, restore_counts, restore_date, restore_former
from loans.models import Agreement, Instalment, Schedule
from loans.view import unpaid_charges
from policies.rulebook import AgreementRules

REVERSIBLE = ("active", "completed", "broken")
GAVE_WAY = ("broken", "reversed")


def reverse(session: Session, agreement: Agreement, now: datetime, *, by: str, reason: str) -> Agreement:
    """Take an agreement back while its version of the schedule is the latest; doing it again changes nothing.

    The former version counts again with its own numbers and every payment is counted against it; waivers, counts and
    dates are as before, and the agreement this one replaced is active again. `by` neither took its request down nor
    approved it, and is of the level its approval needed. Raises AgreementError otherwise, for an agreement that is not
    in force, whose version is not the latest, and without a reason.
    """
    hold(session, agreement.loan_id)
    if agreement.status == "reversed":
        return agreement
    if not reason.strip():
        raise AgreementError("no_reason", "请写明撤销的原因。", "say why it is taken back.")
    if agreement.status not in REVERSIBLE:
        raise AgreementError(
            "not_in_force",
            f"协议 {agreement.id} 现在是 {agreement.status}，没有生效，不能撤销。",
            f"agreement {agreement.id} is {agreement.status}, not in force; it cannot be taken back.",
        )
    _check_may_reverse(agreement, by)
    if has_plan(agreement.quote):
        if version_in_force(session, agreement) is None:
            raise AgreementError(
                "not_the_latest",
                f"协议 {agreement.id} 的还款计划已不是最新版本；请先撤销之后的协议，或让账本更正。",
                f"the schedule of agreement {agreement.id} is not the latest any more; take back the later agreement "
                "first, or correct the ledger.",
            )
        restore_former(session, agreement, now)
        restore_counts(session, agreement)
    for name in DATES:
        restore_date(session, agreement, name)
    agreement.ended_by = by
    _end(session, agreement, "reversed", now, reason)
    return agreement


def missed(session: Session, agreement: Agreement, rules: AgreementRules, today: date) -> list[Instalment]:
    """Return the instalments of the agreement's plan that break it: unpaid for more days than the rules give.

    There are as many as the rules name, or all that is left of the plan when that is fewer; otherwise none. The days
    count from the due date; for what was overdue when the agreement came, or came back after a later one, from then.
    `today` is local.
    """
    schedule = version_in_force(session, agreement)
    if schedule is None:
        return []
    began = max(schedule.effective_on, _came_back_on(session, agreement) or date.min)
    last_in_time = today - timedelta(days=rules.grace_days)
    unpaid = [row for row in schedule.instalments if row.settled_on is None]
    late = [row for row in unpaid if max(row.due_on, began) < last_in_time]
    return late if len(late) >= min(rules.missed_instalments, len(unpaid)) else []


def break_if_missed(
    session: Session, agreement: Agreement, rules: AgreementRules, now: datetime
) -> list[Instalment]:
    """Let an active agreement end as broken when too much of it is unpaid too late; return what was missed.

    With `restore_old` what was agreed no longer counts: the former version does, for all that is not paid, and what
    was waived is owed again; with `keep_new` the agreed plan goes on. Either way the loan has been restructured, so its
    counts and its watch stay. `now` is aware, in the borrower's time zone. An empty list: it is not broken.
    """
    hold(session, agreement.loan_id)
    unpaid = missed(session, agreement, rules, now.date()) if agreement.status == "active" else []
    if not unpaid:
        return []
    numbers = ", ".join(str(row.number) for row in unpaid)
    if rules.after_broken == "restore_old":
        restore_former(session, agreement, now)
        restore_date(session, agreement, "credit_protected_until")
    _end(
        session,
        agreement,
        "broken",
        now,
        f"instalments {numbers} unpaid more than {rules.grace_days} days after their due dates; {rules.after_broken}",
    )
    return unpaid


def complete_if_kept(session: Session, agreement: Agreement, now: datetime) -> bool:
    """Let an active agreement end as completed when all of its plan is paid, or its protection is over.

    A settlement is of the whole debt: it is kept only when no charge outside the instalments is left either.
    """
    loan = hold(session, agreement.loan_id)
    if agreement.status != "active":
        return False
    if has_plan(agreement.quote):
        schedule = version_in_force(session, agreement)
        kept = schedule is not None and all(row.settled_on is not None for row in schedule.instalments)
        if OF_THE_WHOLE_DEBT in agreement.quote.kind.split("+"):
            kept = kept and not unpaid_charges(session, loan)
        because = "all instalments are paid"
    else:
        until = agreement.quote.effects.get("credit_protected_until")
        kept = loan.status == "closed" or (until is not None and date.fromisoformat(until) < now.date())
        because = "the protection is over"
    if kept:
        _end(session, agreement, "completed", now, because)
    return kept


def version_in_force(session: Session, agreement: Agreement) -> Schedule | None:
    """Return the schedule version the agreement wrote if it is the one in force."""
    return session.scalar(
        select(Schedule).where(Schedule.agreement_id == agreement.id, Schedule.status == "active")
    )


def plan_goes_on(agreement: Agreement) -> bool:
    """Tell whether an agreement that was not kept has ended while its plan still says what is to be paid."""
    session = object_session(agreement)
    return (
        agreement.status == "broken"
        and session is not None
        and version_in_force(session, agreement) is not None
    )


def _came_back_on(session: Session, agreement: Agreement) -> date | None:
    """The borrower's day on which the agreement last came back in force because the one in its place ended."""
    ended_at = session.scalar(
        select(func.max(Agreement.ended_at)).where(
            Agreement.replaces_id == agreement.id, Agreement.status.in_(GAVE_WAY)
        )
    )
    return ended_at.astimezone(ZoneInfo(agreement.loan.borrower.timezone)).date() if ended_at else None


def _check_may_reverse(agreement: Agreement, by: str) -> None:
    if by.lower() in {name.lower() for name in (agreement.requested_by, agreement.decided_by) if name}:
        raise AgreementError(
            "two_people",
            f"{by} 为协议 {agreement.id} 提出过申请或作过批准，须由另一位同事撤销。",
            f"{by} took down the request for agreement {agreement.id} or approved it; another colleague must take it "
            "back.",
        )
    check_level(agreement, by, "撤销", "taken back")


def _end(session: Session, agreement: Agreement, status: str, now: datetime, because: str) -> None:
    agreement.status, agreement.ended_at, agreement.ended_because = status, now, because[:500]
    session.flush()
