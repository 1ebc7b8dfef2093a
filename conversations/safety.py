"""A cry for help, and what must stop all reminders: answered the same way whoever heard it.

The lexicon screen hears it in the gateway, the classifier in Rasa. These answers need neither, so they come even when
the dialogue engine is down.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import or_, select

from conversations.models import OutboxMessage
from conversations.suppression import lift
from conversations.turn import CRISES, Turn
from loans.models import Case

RESUME = "resume_contact"
ASKED_AGAIN_AFTER = timedelta(hours=6)
WISHES = ("stop_contact", "attorney_represented")


@dataclass(frozen=True)
class Stop:
    """What a hard stop does: the reason nothing more is sent, the case that is opened, and what is said.

    `somebody_else` is writing, so that an identity shown before no longer counts.
    """

    suppression: str
    case: str
    text: str
    somebody_else: bool = False


STOPS = {
    "stop_contact": Stop("stop_contact", "", "stop_contact"),
    "wrong_person": Stop("wrong_person", "wrong_person", "wrong_person", somebody_else=True),
    "third_party": Stop("third_party", "third_party", "third_party", somebody_else=True),
    "minor": Stop("third_party", "third_party", "minor", somebody_else=True),
    "dispute_debt": Stop("dispute", "dispute", "dispute"),
    "attorney_represented": Stop("attorney", "attorney", "attorney"),
    "bankruptcy": Stop("bankruptcy", "bankruptcy", "bankruptcy"),
    "deceased": Stop("deceased", "deceased", "deceased", somebody_else=True),
}


def answer_danger(turn: Turn) -> None:
    """Answer the gravest thing that was heard, a crisis before any hard stop. A wish heard beside it is kept too.

    Raises KeyError for an intent that is neither.
    """
    for meant in turn.heard:
        if meant in WISHES and meant != turn.intent:
            _hold_back(turn, STOPS[meant])
    if turn.intent in CRISES:
        answer_crisis(turn)
    elif turn.intent == RESUME:
        answer_resume(turn)
    else:
        answer_hard_stop(turn)


def in_crisis(turn: Turn) -> bool:
    """Tell whether the borrower is in crisis, in this chat or in any other: business waits in all of them."""
    if turn.conversation.handover == "crisis":
        return True
    if turn.borrower is None:
        return False
    mine = select(Case.id).where(Case.borrower_id == turn.borrower.id, Case.kind == "crisis")
    return turn.session.scalar(mine.where(Case.status == "open").limit(1)) is not None


def answer_crisis(turn: Turn) -> None:
    """Stop collecting, give the lines where people listen, and bring a person at once.

    One who cries for help again is not read the same words again, and staff are told again.
    """
    again = in_crisis(turn)
    turn.settle()
    turn.hand_over("crisis")
    case = turn.open_case("crisis", reason=turn.intent)
    turn.suppress("crisis")
    turn.rule("conduct.crisis_stops_collection", False)
    first = "threat" if turn.intent == "threat_violence" else "crisis"
    if again:
        turn.note(case, f"{turn.intent} again 再次: {turn.now.isoformat(timespec='minutes')}")
        first = _least_recent(turn, first, "crisis_danger", "crisis_coming")
    turn.say(first)


def ask_whether_safe(turn: Turn) -> None:
    """Something may be a cry for help: ask, say where people listen, and let staff look; the answer to it follows.

    It is asked once in a while (`ASKED_AGAIN_AFTER`), not at every message.
    """
    lately = select(OutboxMessage.id).where(
        OutboxMessage.conversation_id == turn.conversation.id,
        OutboxMessage.template.like("are_you_safe%"),
        OutboxMessage.created_at > turn.message.clock - ASKED_AGAIN_AFTER,
    )
    if turn.session.scalar(lately.limit(1)) is not None:
        return
    turn.rule("conduct.worry_is_asked_about", True)
    turn.hand_over()
    turn.open_case("handover", reason="worry", details=turn.message.text[:500])
    turn.say("are_you_safe", buttons=[turn.button("button_need_help", "self_harm")])


def stay_with(turn: Turn, *, business: bool) -> None:
    """Answer whatever else is said in a crisis: we are here, somebody comes; business is for later."""
    turn.rule("conduct.crisis_stops_collection", False)
    parked = ("crisis_parked",) if business else ()
    turn.say(_least_recent(turn, *parked, "crisis_waiting", "crisis_coming"))


def _least_recent(turn: Turn, *text_ids: str) -> str:
    """Return the text that was said longest ago in this chat, the first of those never said."""
    ours = (OutboxMessage.template.like("crisis%"), OutboxMessage.template.like("threat%"))
    said = turn.session.scalars(
        select(OutboxMessage.template)
        .where(OutboxMessage.conversation_id == turn.conversation.id, or_(*ours))
        .order_by(OutboxMessage.id)
    )
    last_said = {template.partition("@")[0]: number for number, template in enumerate(said)}
    return min(text_ids, key=lambda text_id: last_said.get(text_id, -1))


def answer_resume(turn: Turn) -> None:
    """Write to the borrower again, once they have shown who they are. Nothing but their own stop is lifted."""
    if turn.borrower is None or not turn.verified:
        turn.ask("identity")
        turn.say("resume_identity")
        return
    lift(turn.session, turn.borrower.id, "stop_contact", turn.message.clock)
    turn.borrower.opted_out = False
    turn.record("resumed", {"reason": "the borrower asked"})
    turn.say("resumed")


def answer_hard_stop(turn: Turn) -> None:
    """Hold back everything proactive, open the case, and reveal nothing."""
    stop = STOPS[turn.intent]
    turn.settle()
    was_verified = turn.verified
    _hold_back(turn, stop)
    if stop.case:
        turn.open_case(stop.case, reason=turn.intent, details=turn.message.text[:500])
        turn.hand_over()
    turn.say(stop.text)
    if stop.suppression == "stop_contact" and was_verified:
        turn.say("stop_contact_loan")


def _hold_back(turn: Turn, stop: Stop) -> None:
    turn.suppress(stop.suppression)
    if stop.suppression == "stop_contact" and turn.borrower is not None:
        turn.borrower.opted_out = True
    if stop.somebody_else:
        turn.conversation.verified_at = None
    turn.rule(f"conduct.{stop.suppression}_stops_reminders", False)
