"""What all actions share: finding the turn they belong to, and running in its transaction."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction
from rasa_sdk.executor import CollectingDispatcher

from actions.anew import offer_anew, outdated
from actions.ask_again import ask_again
from actions.identity import ask_identity, characters_given, check_identity
from actions.steering import asked_in_words
from conversations.safety import ask_whether_safe, in_crisis, stay_with
from conversations.turn import CRISES, Reading, Turn, run
from storage.homes import Homes, split_sender

ROOT = Path(__file__).resolve().parent.parent


@cache
def homes() -> Homes:
    """Return the homes whose conversations this action server serves (`TIDEOVER_ENGINE_HOME`/homes)."""
    return Homes(Path(os.environ.get("TIDEOVER_ENGINE_HOME") or ROOT / ".engine") / "homes")


class BorrowerAction(Action):
    """An action that answers a borrower. Subclasses write `answer`; the rest is here.

    Nothing Rasa says is believed but the intent: borrower, figures, dates and clock come from our own database. No
    text goes back to Rasa: replies are log entries and outbox rows. A digression leaves the pending question as it is
    and asks it again afterwards, so that nobody wonders what a "yes" would now mean.

    The characters of an ID in a message are checked first, whatever else it says; one that asks for nothing beside
    them (not `is_request`) only gives them. Where somebody else may be writing they are not looked at (not
    `takes_identity`). Words that plainly ask for one thing come before the intent (`steering`).
    What asks for nothing is left without an answer while the next message waits already: that one is answered.
    """

    needs_identity = False
    allowed_in_crisis = False
    is_digression = False
    is_miss = False
    is_request = True
    takes_identity = True

    @classmethod
    def name(cls) -> str:
        """The name Rasa knows: ActionAmountDue is action_amount_due."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    def answer(self, turn: Turn) -> str | None:
        """Answer, and return the name of the action to follow, if any."""
        raise NotImplementedError

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Find the message this is about and answer it once. Raises LookupError for one of no home here."""
        home, conversation_id = split_sender(str(tracker.sender_id))
        latest = tracker.latest_message
        message_id = int(latest["metadata"]["message_id"])
        intent = latest.get("intent") or {}
        reading = Reading(
            str(intent.get("name")),
            float(intent.get("confidence") or 0),
            latest.get("intent_ranking") or [],
            bool(latest.get("worrying")),
        )
        database = homes().database(home)
        follow_up = await asyncio.to_thread(
            run, database, message_id, self.name(), reading, self._handle, conversation_id=conversation_id
        )
        return [FollowupAction(follow_up)] if follow_up else []

    def _handle(self, turn: Turn) -> str | None:
        if not self.allowed_in_crisis and in_crisis(turn):
            stay_with(turn, business=self.is_request)
            return None
        if (
            turn.reading.worrying
            and turn.intent not in CRISES
            and not turn.message.explanation.get("actions")
        ):
            ask_whether_safe(turn)
        if not self.is_request and turn.is_followed:
            turn.record("left_to_the_next", {"action": self.name()})
            return None
        if (plain := self._plainly_asked(turn)) is not None:
            return plain
        interrupted: Mapping[str, Any] = {}
        if self.takes_identity and (claimed := characters_given(turn)):
            if not self.is_request:
                return "action_identify"
            interrupted = turn.pending if turn.pending.get("kind") == "identity" else {}
            if not check_identity(turn, claimed, then=self.name()):
                return None
        if self.needs_identity and not turn.verified:
            ask_identity(turn, then=self.name())
            return None
        if not self.is_miss:
            turn.conversation.misses = 0
        asked = turn.pending
        follow_up = self.answer(turn)
        if not self.is_digression or follow_up is not None or turn.pending != asked:
            return follow_up
        if interrupted.get("then") not in (None, self.name()):
            turn.resume(interrupted.get("wanted"))
            return str(interrupted["then"])
        if (quote := outdated(turn)) is not None:
            turn.say("option_outdated")
            offer_anew(turn, quote)
            return "action_offer_relief"
        ask_again(turn, briefly=True)
        return None

    def _plainly_asked(self, turn: Turn) -> str | None:
        """The other action that the words plainly ask for; only the first action to look at a message asks."""
        plain = None if turn.message.explanation.get("actions") else asked_in_words(turn)
        return plain if plain != self.name() else None
