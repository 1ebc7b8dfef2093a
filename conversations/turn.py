"""One turn of the bot: what a message meant, what is said in answer, and everything it changes, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from conversations import evidence, identity
from conversations.models import ActionRun, Button, Conversation, InboundMessage
from conversations.outbox import ButtonChoice, Message, enqueue
from conversations.suppression import suppress
from loans.models import Borrower, Case, Loan
from policies.lender import lender
from policies.texts import texts
from storage.engine import Database
from transcripts import log

CRISES = ("self_harm", "threat_violence")
SCREENED_INTENTS = {
    "self_harm": "self_harm",
    "violence": "threat_violence",
    "minor": "minor",
    "deceased": "deceased",
    "attorney": "attorney_represented",
    "stop": "stop_contact",
    "third_party": "third_party",
    "resume": "resume_contact",
}

BURST = timedelta(seconds=5)


@dataclass(frozen=True)
class Reading:
    """What the dialogue model made of a message."""

    intent: str
    confidence: float = 1.0
    ranking: Sequence[Mapping[str, Any]] = ()
    worrying: bool = False


@dataclass
class Turn:
    """The hands of an action. `now` is aware, in the borrower's time zone; amounts in replies are texts already."""

    session: Session
    conversation: Conversation
    message: InboundMessage
    action: str
    reading: Reading
    now: datetime
    borrower: Borrower | None
    messages: list[Message] = field(default_factory=list)
    rules: list[dict[str, Any]] = field(default_factory=list)

    @property
    def language(self) -> str:
        """The language to answer in: zh or en."""
        return self.conversation.language

    @property
    def pending(self) -> Mapping[str, Any]:
        """The question the bot had asked, with what it was about; empty when there is none."""
        return dict(self.conversation.pending)

    @property
    def verified(self) -> bool:
        """Whether this chat's borrower has shown who they are."""
        return identity.is_verified(self.conversation, self.message.clock, lender().identity_hours)

    @property
    def spoken(self) -> InboundMessage:
        """The message to read for what was wanted: an earlier one, once the question it had to wait for is answered."""
        earlier = self.message.details.get("resumes")
        return self.session.get_one(InboundMessage, earlier) if earlier else self.message

    @property
    def is_followed(self) -> bool:
        """Whether the same chat's next words wait already, written within a few seconds of these."""
        later = select(InboundMessage.id).where(
            InboundMessage.conversation_id == self.conversation.id,
            InboundMessage.id > self.message.id,
            InboundMessage.status == "received",
            InboundMessage.kind.in_(("text", "button")),
            InboundMessage.received_at <= self.message.received_at + BURST,
        )
        return self.session.scalar(later.limit(1)) is not None

    @property
    def heard(self) -> Sequence[str]:
        """What the safety screen heard in this message, as intents, the gravest first."""
        return [meant for category, meant in SCREENED_INTENTS.items() if category in self.message.screen]

    @property
    def intent(self) -> str:
        """What was meant. What the screen heard comes before what the classifier thought, a crisis before both."""
        if self.heard:
            return self.reading.intent if self.reading.intent in CRISES else self.heard[0]
        if self.spoken is not self.message:
            return str(self.spoken.explanation.get("intent", {}).get("name") or self.reading.intent)
        return self.reading.intent

    @property
    def arguments(self) -> Mapping[str, Any]:
        """What the pressed button stands for; empty for typed words."""
        return dict(self.spoken.details.get("arguments") or {})

    def entity(self, kind: str) -> Any:
        """Return the value of the first entity of a kind that is clear, or None."""
        return next(
            (e["value"] for e in self.spoken.entities if e["type"] == kind and not e.get("unclear")), None
        )

    def unclear(self, kind: str) -> bool:
        """Tell whether an entity of a kind was mentioned without a certain value."""
        return any(e["type"] == kind and e.get("unclear") for e in self.spoken.entities)

    def loans(self) -> list[Loan]:
        """Return the borrower's active loans; empty when the chat is not linked."""
        return [loan for loan in self.borrower.loans if loan.status == "active"] if self.borrower else []

    def say(
        self,
        text_id: str,
        *,
        buttons: Sequence[ButtonChoice] = (),
        attachment: Mapping[str, Any] | None = None,
        **values: str,
    ) -> None:
        """Answer with an approved text. Raises TextError when the text or a value is missing."""
        text = texts()[text_id]
        words = text.render(self.language, {**lender().values(self.language), **values})
        shown = (
            {**attachment, "language": self.language, "as_of": self.now.date().isoformat()}
            if attachment
            else {}
        )
        self.messages.append(Message(words, text.label, tuple(buttons), shown))

    def words(self, text_id: str, **values: str) -> str:
        """Return an approved text to be part of another, such as a button's title."""
        return texts()[text_id].render(self.language, {**lender().values(self.language), **values})

    def button(self, text_id: str, intent: str, **arguments: Any) -> ButtonChoice:
        """Return a button with an approved title that means `intent` when it is pressed."""
        return ButtonChoice(self.words(text_id), intent, arguments)

    def reissue(self, token: str) -> ButtonChoice:
        """Return a choice that means what an earlier button meant."""
        earlier = self.session.get_one(Button, token)
        return ButtonChoice(earlier.title, earlier.intent, earlier.arguments)

    def ask(self, kind: str, **about: Any) -> None:
        """Remember the question that has been asked, so that the next answer is understood by it.

        Loans that are to come afterwards (`afterwards`) are kept from question to question.
        """
        later = self.pending.get("afterwards")
        self.conversation.pending = {"kind": kind, **({"afterwards": later} if later else {}), **about}

    def resume(self, message_id: int | None, **about: Any) -> None:
        """Go on, in the rest of this turn, with what an earlier message wanted; `about` is what was settled since."""
        self.message.details = {**self.message.details, "resumes": message_id, "resumed_with": about}

    @property
    def resumed_with(self) -> Mapping[str, Any]:
        """What was settled before this turn went on with an earlier message, such as which loan is meant."""
        return dict(self.message.details.get("resumed_with") or {})

    def settle(self) -> None:
        """Forget the pending question: it has been answered or dropped."""
        self.conversation.pending = {}

    def rule(self, rule_id: str, allowed: bool, **more: Any) -> None:
        """Note a rule that was evaluated for this turn."""
        self.rules.append({"id": rule_id, "allowed": allowed, **more})

    def record(self, kind: str, fields: Mapping[str, Any], *, subject_id: str | None = None) -> None:
        """Log a decision or a change of state that this turn makes."""
        log.append(
            self.session,
            conversation_id=self.conversation.id,
            kind=kind,
            actor_role="bot",
            occurred_at=self.message.clock,
            subject_id=subject_id,
            fields=fields,
        )

    def open_case(self, kind: str, *, loan: Loan | None = None, reason: str = "", details: str = "") -> Case:
        """Open a case for staff, or return the one of its kind that is open already; files sent before go with it."""
        mine = (
            Case.borrower_id == self.borrower.id
            if self.borrower
            else Case.conversation_id == self.conversation.id
        )
        case = self.session.scalar(select(Case).where(mine, Case.kind == kind, Case.status == "open"))
        if case is None:
            case = Case(
                borrower_id=self.borrower.id if self.borrower else None,
                conversation_id=self.conversation.id,
                loan_id=loan.id if loan else None,
                kind=kind,
                reason=reason,
                details=details,
                opened_at=self.message.clock,
            )
            self.session.add(case)
            self.session.flush()
            self.record("case_opened", {"case": case.id, "kind": kind, "reason": reason}, subject_id=case.id)
        evidence.attach_loose(self, case)
        return case

    def note(self, case: Case, words: str) -> None:
        """Add a line to an open case for staff, once."""
        if words in case.details.splitlines():
            return
        case.details = "\n".join(part for part in (case.details, words) if part)
        case.changed_at = self.message.clock
        self.record("case_noted", {"case": case.id, "note": words}, subject_id=case.id)

    def case_of_this_chat(self, kind: str) -> Case | None:
        """Return the open case of a kind that this conversation opened, if there is one."""
        mine = (Case.conversation_id == self.conversation.id, Case.kind == kind, Case.status == "open")
        return self.session.scalar(select(Case).where(*mine).limit(1))

    def suppress(self, reason: str, *, days: int | None = None) -> None:
        """Hold back everything proactive for this borrower, for `days` or until staff lift it."""
        if self.borrower is None:
            return
        new = suppress(self.session, self.borrower.id, reason, self.message.clock, days=days)
        if new is not None:
            until = new.until.isoformat() if new.until else None
            self.record("suppressed", {"reason": reason, "until": until})

    def hand_over(self, state: str = "requested") -> None:
        """Ask for a person. A crisis is never lowered to a request, nor a person's presence to one."""
        urgency = ("requested", "active", "crisis")
        present = self.conversation.handover
        if present is None or urgency.index(state) > urgency.index(present):
            self.conversation.handover = state
            self.record("handover", {"state": state})


Handler = Callable[[Turn], str | None]


def run(
    db: Database,
    message_id: int,
    action: str,
    reading: Reading,
    handler: Handler,
    *,
    conversation_id: str | None = None,
    provisional: bool = False,
) -> str | None:
    """Run an action's handler for a message, once: whatever it says and changes is committed together, or not at all.

    The message is done with it, unless another action follows or the answer is `provisional`. Returns the name of the
    action to follow, if any. Called again for the same message and action, it changes nothing and returns the same;
    called for a message that is answered already, it does nothing.
    When a person has taken over meanwhile, the message is theirs to answer: nothing is said, and nothing is changed
    unless the word screen heard danger in it. Raises LookupError when the message is not of `conversation_id`.
    """
    with db.write() as session:
        message = session.get_one(InboundMessage, message_id)
        if conversation_id not in (None, message.conversation_id):
            raise LookupError(f"message {message_id} is not of conversation {conversation_id}")
        conversation = session.get_one(Conversation, message.conversation_id, with_for_update=True)
        session.refresh(message)
        done = session.get(ActionRun, (message_id, action))
        if done is not None:
            return done.follow_up
        if message.status != "received":
            return None
        may_speak = conversation.control == "bot" and conversation.control_epoch == message.control_epoch
        follow_up = None
        if may_speak or message.screen:
            turn = _open(session, conversation, message, action, reading)
            follow_up = handler(turn)
            if may_speak and follow_up is None and not provisional:
                evidence.acknowledge(turn)
            if not provisional:
                _explain(turn)
            if may_speak:
                _speak(turn)
        if not may_speak:
            _note_withheld(session, conversation, message, action)
        session.add(ActionRun(message_id=message_id, action=action, follow_up=follow_up))
        if follow_up is None and not provisional:
            close(message, "done" if may_speak else "human")
        return follow_up


def close(message: InboundMessage, status: str) -> None:
    """The message is answered (`done`) or left to a person (`human`); what proved an identity or opened a link goes."""
    message.status = status
    message.entities = [e for e in message.entities if e["type"] != "id_suffix"]
    message.details = {key: value for key, value in message.details.items() if key != "secret"}


def _open(
    session: Session, conversation: Conversation, message: InboundMessage, action: str, reading: Reading
) -> Turn:
    borrower = session.get(Borrower, conversation.borrower_id) if conversation.borrower_id else None
    now = message.clock.astimezone(ZoneInfo(borrower.timezone)) if borrower else message.clock
    return Turn(session, conversation, message, action, reading, now, borrower)


def _note_withheld(
    session: Session, conversation: Conversation, message: InboundMessage, action: str
) -> None:
    log.append(
        session,
        conversation_id=conversation.id,
        kind="withheld",
        actor_role="bot",
        occurred_at=message.clock,
        fields={"action": action, "control": conversation.control, "epoch": conversation.control_epoch},
    )


def _explain(turn: Turn) -> None:
    """Keep with the message how it was understood: what the first action to answer it was told, and every rule."""
    earlier = turn.message.explanation
    meant = {
        "name": turn.heard[0] if turn.heard else turn.reading.intent,
        "confidence": round(turn.reading.confidence, 4),
    }
    turn.message.explanation = {
        "intent": earlier.get("intent") or meant,
        "ranking": earlier.get("ranking") or [dict(r) for r in turn.reading.ranking],
        "actions": [*earlier.get("actions", []), turn.action],
        "rules": [*earlier.get("rules", []), *turn.rules],
    }


def runner_up(ranking: Sequence[Mapping[str, Any]], meant: str | None) -> dict[str, Any] | None:
    """Return the likeliest intent of a ranking that is not the one acted on; None when the model was not asked."""
    others = (guess for guess in ranking if guess["name"] not in (meant, "nlu_fallback"))
    return next(({"name": g["name"], "confidence": round(g["confidence"], 4)} for g in others), None)


def _speak(turn: Turn) -> None:
    because = {
        "intent": {"name": turn.intent, "confidence": round(turn.reading.confidence, 4)},
        "runner_up": runner_up(turn.reading.ranking, turn.intent),
        "screen": turn.message.screen,
        "entities": [
            {"type": e["type"], "value": e.get("unclear") or "clear"} for e in turn.message.entities
        ],
        "action": turn.action,
        "rules": turn.rules,
    }
    for number, message in enumerate(turn.messages):
        enqueue(
            turn.session,
            turn.conversation,
            message,
            dedupe_key=f"reply:{turn.message.id}:{turn.action}:{number}",
            lane="reply",
            at=turn.message.clock,
            message_id=turn.message.id,
            because=because,
        )
