"""Another language is asked for."""

from __future__ import annotations

import re

from actions.base import BorrowerAction
from conversations.turn import Turn

CHINESE = re.compile(
    r"中文|汉语|漢語|国语|國語|普通话|普通話|华语|華語|chinese|mandarin|zhongwen", re.IGNORECASE
)
ENGLISH = re.compile(r"英文|英语|英語|english|yingwen|yingyu", re.IGNORECASE)


class ActionLanguage(BorrowerAction):
    """Go on in the language that was named, or else in the other one, and stay with it."""

    allowed_in_crisis = True
    is_digression = True

    def answer(self, turn: Turn) -> str | None:
        turn.conversation.language = wanted(turn.message.text, turn.language)
        turn.conversation.language_pinned = True
        turn.say("language_set")
        return None


def wanted(text: str, now: str) -> str:
    """Return the language asked for: the one named last, else the other than `now`."""
    named = [(found.start(), "zh") for found in CHINESE.finditer(text)]
    named += [(found.start(), "en") for found in ENGLISH.finditer(text)]
    return max(named)[1] if named else ("en" if now == "zh" else "zh")
