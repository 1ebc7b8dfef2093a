"""Answers that need no dialogue model: links, media, buttons that no longer mean anything, and bad moments."""

from __future__ import annotations

from conversations import evidence, identity
from conversations.outbox import ButtonChoice
from conversations.turn import Turn
from loans.models import Borrower

UNREADABLE = {
    "photo": "media_photo",
    "document": "media_photo",
    "voice": "media_voice",
    "audio": "media_voice",
    "video": "media_video",
    "video_note": "media_video",
    "location": "media_location",
    "sticker": "media_sticker",
}


def answer_start(turn: Turn) -> None:
    """A deep link was opened, or /start was sent without one."""
    token = str(turn.message.details.get("secret") or "")
    if token and identity.use_link(turn.session, turn.conversation, token, turn.message.clock):
        _greet_linked(turn)
    elif token:
        turn.say("link_refused", buttons=[turn.button("button_human", "ask_human")])
    elif turn.borrower is not None:
        _greet_linked(turn)
    else:
        turn.say("welcome_unlinked", buttons=[turn.button("button_human", "ask_human")])


def answer_contact(turn: Turn) -> None:
    """A phone number was shared that the channel vouches for."""
    phone = str(turn.message.details.get("secret") or "")
    if not turn.message.details.get("own"):
        turn.say("contact_not_own")
    elif identity.use_phone(turn.session, turn.conversation, phone, turn.message.clock):
        _greet_linked(turn)
    else:
        turn.say("contact_unknown", buttons=[turn.button("button_human", "ask_human")])


def answer_media(turn: Turn) -> None:
    """Something that is not text and has no caption. A file that may be proof is answered for when the turn ends."""
    media = str(turn.message.details.get("media"))
    if evidence.KINDS.get(media) in evidence.SHOWN and turn.message.details.get("file_id"):
        return
    turn.say(UNREADABLE.get(media, "media_other"))


def answer_edited(turn: Turn) -> None:
    """An edited message changes nothing by itself: what was agreed must not change behind anyone's back."""
    turn.say("edited")


def answer_nothing(turn: Turn) -> None:
    """A message without anything to read, or a button that means nothing here."""
    text_id = "button_stale" if turn.message.details.get("unknown_button") else "empty"
    turn.say(
        text_id, buttons=[turn.button("button_menu", "show_menu"), turn.button("button_human", "ask_human")]
    )


def answer_wait(turn: Turn) -> None:
    """The dialogue model cannot be reached yet; the message is kept and answered as soon as it can."""
    turn.say("please_wait")


def answer_given_up(turn: Turn) -> None:
    """The message could not be handled again and again: a person takes it from here."""
    turn.hand_over()
    turn.open_case("handover", reason="technical", details="a message could not be handled")
    turn.say("technical_trouble")


def _greet_linked(turn: Turn) -> None:
    borrower = turn.session.get_one(Borrower, turn.conversation.borrower_id)
    if not turn.conversation.language_pinned:
        turn.conversation.language = borrower.language
    if turn.verified:
        turn.say("welcome_back", buttons=[ButtonChoice(turn.words("button_menu"), "show_menu")])
    elif identity.is_locked(turn.session, borrower.id):
        turn.say("identity_locked")
    else:
        turn.ask("identity")
        turn.say("welcome_linked")
