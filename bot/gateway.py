"""A message's way through: stored once, handled in order, answered by the right voice, and nothing lost on the way."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from traceback import extract_tb
from weakref import WeakValueDictionary

from sqlalchemy import or_, select

from bot import replies
from bot.beside_identity import beside_identity
from bot.danger import intents_of
from bot.incoming import Incoming
from bot.intake import Taken, add_words, take
from bot.plain_words import model_text
from bot.rasa_client import MODEL_TEXT_LIMIT, RasaClient, RasaUnavailable
from conversations.models import Conversation, InboundMessage
from conversations.safety import answer_danger
from conversations.turn import CRISES, SCREENED_INTENTS, Reading, Turn, close, run
from storage.engine import Database
from storage.homes import sender_id

log = logging.getLogger(__name__)

FIRST_RETRY = timedelta(seconds=2)
LONGEST_RETRY = timedelta(seconds=30)
SHORT_ANSWER = 30
VOICE = ("voice", "audio")
SHOWN_BY = {"receipt": "already_paid", "medical_record": "illness"}  # what a file named so tells
GIVE_UP_AFTER = timedelta(minutes=10)
MODEL_LISTENS_TOO = ("deceased", "attorney_represented", "stop_contact", "third_party")
Deliver = Callable[[str], Awaitable[int]]
Hear = Callable[[int], Awaitable[str | None]]


class Gateway:
    """Takes messages in and sees each through to its answer.

    One conversation's messages are handled one after the other; different conversations at once. A message that
    cannot be handled now (Rasa starting, the action server down) stays `received` and is tried again, also after a
    restart: `resume` picks up whatever was left. `deliver` sends a conversation's waiting replies and tells how many
    arrived. `hear` turns the voice message with a number into words; without it, borrowers are asked to type.
    """

    def __init__(
        self, db: Database, rasa: RasaClient, home_key: str, deliver: Deliver, hear: Hear | None = None
    ) -> None:
        self._db, self._rasa, self._home, self._deliver = db, rasa, home_key, deliver
        self._hear = hear
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._retries: dict[str, asyncio.Task[None]] = {}
        self._handling: set[asyncio.Task[None]] = set()

    async def receive(self, incoming: Incoming) -> int:
        """Take one message in and handle it; returns its number when its turn is over.

        Raises what the database raises if the message could not be stored: the channel must then deliver it again.
        """
        taken = await asyncio.to_thread(take, self._db, incoming)
        if taken.is_new:
            await self.handle_waiting(taken.conversation_id)
        return taken.message_id

    async def store(self, incoming: Incoming) -> Taken:
        """Take one message in without handling it yet: a webhook may answer as soon as it is safe."""
        return await asyncio.to_thread(take, self._db, incoming)

    async def handle_waiting(self, conversation_id: str) -> None:
        """Handle everything that waits in a conversation, in order, then send what is to be said.

        While a message waits to be tried again, those behind it wait too; but never a cry for help.
        """
        lock = self._turns.setdefault(conversation_id, asyncio.Lock())
        async with lock:
            waiting, known_question = await asyncio.to_thread(self._waiting, conversation_id)
            for stored in waiting:
                message = await self._heard(stored)
                if conversation_id in self._retries and not is_grave(message):
                    continue
                if known_question is not None:
                    current, question = message, known_question
                else:
                    current, question = await asyncio.to_thread(self._begin, message.id)
                known_question = None
                if current.status == "received":
                    await self._handle(current, question)

    async def _heard(self, message: InboundMessage) -> InboundMessage:
        """Return the message with what is said in it, when it is a voice message and a recogniser is there."""
        if (
            self._hear is None
            or message.details.get("media") not in VOICE
            or "transcribed" in message.details
        ):
            return message
        words = await self._hear(message.id)
        await asyncio.to_thread(add_words, self._db, message.id, words)
        return await asyncio.to_thread(self._again, message.id)

    def _again(self, message_id: int) -> InboundMessage:
        with self._db.read() as session:
            return session.get_one(InboundMessage, message_id)

    async def resume(self) -> int:
        """Handle what a restart or a failure left over; returns how many conversations had something."""
        left = await asyncio.to_thread(self._conversations_waiting)
        work = (self.handle_waiting(conversation_id) for conversation_id in left)
        for ended in await asyncio.gather(*work, return_exceptions=True):
            if isinstance(ended, BaseException):
                log.error("a message waits, handling it failed: %s", type(ended).__name__)
        return len(left)

    async def close(self) -> None:
        """Stop trying again; what is left is in the database."""
        retries = list(self._retries.values())
        for task in retries:
            task.cancel()
        await asyncio.gather(*retries, *self._handling, return_exceptions=True)

    async def _handle(self, message: InboundMessage, question: str) -> None:
        """Handle one message and send its answer; one that cannot be answered now is tried again later."""
        message_id = message.id
        try:
            await self._find_answer(message, question)
        except RasaUnavailable as trouble:
            log.warning("message %s waits: %s", message_id, trouble)
        except Exception as trouble:  # named by its kind only: its words may quote the message
            place = extract_tb(trouble.__traceback__)[-1]
            log.error(
                "message %s waits: %s in %s:%s",
                message_id,
                type(trouble).__name__,
                place.filename,
                place.lineno,
            )
        if is_grave(message) and not await asyncio.to_thread(self._is_answered, message_id):
            await asyncio.to_thread(self._fear_the_worst, message_id)
        if await self._deliver(message.conversation_id) or await asyncio.to_thread(
            self._is_answered, message_id
        ):
            return
        log.warning("message %s: no action has answered it yet; it is tried again", message_id)
        await self._postpone(message)
        await self._deliver(message.conversation_id)

    async def _find_answer(self, message: InboundMessage, question: str) -> None:
        direct = direct_answer(message)
        if direct is not None:
            await asyncio.to_thread(self._answer, message.id, direct)
            return
        written = message.details.get("redacted") or message.text
        text = model_text(beside_identity(written) or written)
        metadata = {
            "message_id": message.id,
            # Of a very long message the model sees only parts: nothing in it is a yes to anything.
            "pending_question": question if len(text) <= MODEL_TEXT_LIMIT else "none",
            "language": message.language,
            "suspected": intents_of(message.details.get("suspected", ())),
            "screened": gravest(message),
            **certain_intent(message, question),
        }
        await self._rasa.turn(sender_id(self._home, message.conversation_id), text, metadata)

    def _begin(self, message_id: int) -> tuple[InboundMessage, str]:
        """Return the message and the question it may answer. Under human control it is the person's to answer.

        What the safety screen heard counts all the same: it is handled, in silence.
        """
        with self._db.read() as session:
            message = session.get_one(InboundMessage, message_id)
            conversation = session.get_one(Conversation, message.conversation_id)
            question = str(conversation.pending.get("kind") or "none")
            if message.status != "received" or conversation.control == "bot" or message.screen:
                return message, question
        with self._db.write() as session:
            message = session.get_one(InboundMessage, message_id)
            close(message, "human")
            return message, question

    def _is_answered(self, message_id: int) -> bool:
        with self._db.read() as session:
            return session.get_one(InboundMessage, message_id).status != "received"

    async def _postpone(self, message: InboundMessage) -> None:
        """Say once that the answer takes a moment, and try again later; after ten minutes a person is asked."""
        if datetime.now(UTC) - message.received_at > GIVE_UP_AFTER:
            await asyncio.to_thread(self._answer, message.id, replies.answer_given_up)
            return
        await asyncio.to_thread(self._ask_to_wait, message.id)
        delay = min(FIRST_RETRY * 2 ** min(message.attempts, 10), LONGEST_RETRY)
        conversation_id = await asyncio.to_thread(self._note_attempt, message.id, delay)
        self._retries[conversation_id] = asyncio.create_task(self._later(conversation_id, delay))

    def _note_attempt(self, message_id: int, delay: timedelta) -> str:
        with self._db.write() as session:
            message = session.get_one(InboundMessage, message_id)
            message.attempts += 1
            message.next_at = datetime.now(UTC) + delay
            return message.conversation_id

    async def _later(self, conversation_id: str, delay: timedelta) -> None:
        await asyncio.sleep(delay.total_seconds())
        ours = self._retries.pop(conversation_id, None)
        if ours is not None:
            self._handling.add(ours)
            ours.add_done_callback(self._handling.discard)
        await self.handle_waiting(conversation_id)

    def _answer(self, message_id: int, handler: Callable[[Turn], None]) -> None:
        run(self._db, message_id, "gateway", Reading("gateway"), lambda turn: handler(turn))

    def _fear_the_worst(self, message_id: int) -> None:
        """The dialogue model gave no answer: what the word screen is certain of counts, and any crisis it suspects."""
        with self._db.write() as session:
            message = session.get_one(InboundMessage, message_id)
            suspected = message.details.get("suspected", ())
            crises = [category for category in suspected if SCREENED_INTENTS[category] in CRISES]
            message.screen = [*message.screen, *crises]
        self._answer(message_id, answer_danger)

    def _ask_to_wait(self, message_id: int) -> None:
        reading = Reading("gateway")
        run(self._db, message_id, "wait", reading, lambda turn: replies.answer_wait(turn), provisional=True)

    def _waiting(self, conversation_id: str) -> tuple[list[InboundMessage], str | None]:
        """Return the messages that wait, in order, and the question the first may answer.

        No question is given when a person is in control: then each message must be looked at on its own.
        """
        wanted = select(InboundMessage).where(
            InboundMessage.conversation_id == conversation_id, InboundMessage.status == "received"
        )
        with self._db.read() as session:
            waiting = list(session.scalars(wanted.order_by(InboundMessage.id)))
            conversation = session.get_one(Conversation, conversation_id)
            is_ours = conversation.control == "bot"
            return waiting, str(conversation.pending.get("kind") or "none") if is_ours else None

    def _conversations_waiting(self) -> list[str]:
        due = or_(InboundMessage.next_at.is_(None), InboundMessage.next_at <= datetime.now(UTC))
        waiting = select(InboundMessage.conversation_id).where(InboundMessage.status == "received", due)
        with self._db.read() as session:
            return list(session.scalars(waiting.distinct()))


def is_grave(message: InboundMessage) -> bool:
    """Whether the message must be answered now, with or without the dialogue model."""
    return bool(message.screen) or may_be_a_crisis(message)


def may_be_a_crisis(message: InboundMessage) -> bool:
    """Whether the word screen thinks a crisis possible, though not certain."""
    return not set(CRISES).isdisjoint(intents_of(message.details.get("suspected", ())))


def gravest(message: InboundMessage) -> str | None:
    """Return the gravest thing that the word screen is certain of, as an intent."""
    return next((meant for category, meant in SCREENED_INTENTS.items() if category in message.screen), None)


def certain_intent(message: InboundMessage, question: str) -> dict[str, str]:
    """Return what needs no guessing: a button's meaning, a loan's number where the question was which loan, and a file
    whose few words say what it is.
    """
    if message.kind == "button":
        return {"intent": str(message.details["intent"])}
    if is_grave(message):
        return {}
    named = {entity["type"] for entity in message.entities} & {"loan", "option"}
    if question == "choose_loan" and named and len(message.text) <= SHORT_ANSWER:
        return {"intent": "choose_option"}
    is_about_a_file = message.kind == "media" or message.details.get("about_a_file")
    if is_about_a_file and len(message.text) <= SHORT_ANSWER and not message.details.get("suspected"):
        shown = next((e["value"] for e in message.entities if e["type"] == "evidence"), None)
        return {"intent": SHOWN_BY[shown]} if shown in SHOWN_BY else {}
    return {}


def direct_answer(message: InboundMessage) -> Callable[[Turn], None] | None:
    """Return the answer to a message that needs no dialogue model, or None when it does.

    What the safety screen heard comes first, in an edited message or a caption too. Beside a wish such as to be left
    alone the model may hear a cry for help that the screen does not.
    """
    if message.screen and not (message.kind in ("text", "media") and gravest(message) in MODEL_LISTENS_TOO):
        return answer_danger
    if message.kind == "start":
        return replies.answer_start
    if message.kind == "contact":
        return replies.answer_contact
    if message.details.get("unknown_button"):
        return replies.answer_nothing
    if message.kind == "edited":
        return replies.answer_edited
    if message.kind == "media" and not message.text.strip():
        return replies.answer_media
    if message.kind in ("text", "media") and not message.details.get("redacted"):
        return replies.answer_nothing
    return None
