"""What a message plainly asks for by its words, whatever the dialogue model made of it."""

from __future__ import annotations

from actions import request_words
from actions.figures import CHOOSING
from actions.signed import newest_signed
from actions.wishes import wish_of
from conversations.suppression import standing
from conversations.turn import CRISES, Turn
from loans.models import WAITING

SURE = 0.6
NEVER = frozenset(
    "self_harm threat_violence stop_contact attorney_represented bankruptcy deceased pay_to_personal_account "
    "ask_human language_switch".split()
)
ABOUT_PAYOFF = frozenset("ask_amount_due ask_settlement ask_penalty ask_how_to_pay nlu_fallback".split())
ABOUT_PAPERS = frozenset("ask_statement ask_schedule ask_how_to_pay show_menu repeat nlu_fallback".split())
ABOUT_COST = frozenset(
    "ask_penalty ask_amount_due ask_credit_impact ask_schedule out_of_scope nlu_fallback".split()
)
ABOUT_RATE = frozenset("ask_penalty ask_amount_due ask_credit_impact nlu_fallback".split())
ABOUT_WITHDRAWAL = frozenset(
    "change_mind deny ask_extension ask_settlement out_of_scope nlu_fallback".split()
)
TAKES_BACK = frozenset(
    "deny correct_value affirm provide_identity willing_to_pay change_mind nlu_fallback".split()
)
IN_ERROR = frozenset({"dispute", "wrong_person", "third_party"})


def asked_in_words(turn: Turn) -> str | None:
    """Return the action that answers what the typed words plainly ask for, or None to go by the intent.

    What stops our messages, a cry for help and the wish for a person are never explained away.
    """
    meant = _meant(turn)
    if turn.spoken.kind == "button" or turn.heard or meant in NEVER:
        return None
    text = str(turn.spoken.details.get("redacted") or "")
    asked = turn.pending.get("kind") or "none"
    if asked not in ("none", "identity") and request_words.asks_to_wait(text):
        return "action_wait"
    if stops_in_error(turn) and _takes_back(meant, text):
        return "action_take_back"
    if asked == "none" and meant in ABOUT_WITHDRAWAL and request_words.withdraws(text) and _waits(turn):
        return "action_withdraw"
    return _question(turn, meant, text, asked)


def _meant(turn: Turn) -> str:
    """The intent; one that the model is far from sure of counts as not understood, but never a cry for help."""
    unsure = turn.spoken is turn.message and turn.reading.confidence < SURE
    return "nlu_fallback" if unsure and turn.intent not in CRISES else turn.intent


def _waits(turn: Turn) -> bool:
    signed = newest_signed(turn)
    return signed is not None and signed.status in WAITING


def stops_in_error(turn: Turn) -> set[str]:
    """Return the standing reasons for holding reminders back that may rest on words misread in a chat."""
    if turn.borrower is None:
        return set()
    return standing(turn.session, turn.borrower.id, turn.message.clock) & IN_ERROR


def _takes_back(meant: str, text: str) -> bool:
    misread = meant in TAKES_BACK and request_words.says_misread(text)
    return misread or request_words.denies_stop(text)


def _question(turn: Turn, meant: str, text: str, asked: str) -> str | None:
    if meant in ABOUT_PAYOFF and request_words.asks_payoff(text):
        return "action_payoff"
    if meant in ABOUT_PAPERS and request_words.asks_papers(text):
        return "action_papers"
    if meant == "nlu_fallback" and request_words.asks_who_hears(text):
        return "action_credit_impact"
    if wish_of(turn):
        return None
    if asked in CHOOSING and meant in ABOUT_COST and request_words.asks_cost(text):
        return "action_cost"
    if meant in ABOUT_RATE and request_words.asks_rate(text):
        return "action_rate"
    return None
