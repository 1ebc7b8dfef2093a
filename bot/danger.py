"""What the safety screen hears in a message, as it was written and in plain words: 想4 is 想死."""

from collections.abc import Iterable

from bot.normalise import normalise
from bot.plain_words import plain_words
from conversations.turn import SCREENED_INTENTS
from policies.safety import Found, shipped_screen


def look_for_danger(text: str) -> Found:
    """Return the categories found in a message in either form, however it is typed."""
    normal = normalise(text)
    looks = [shipped_screen().look(form) for form in {normal, plain_words(normal)}]
    certain = {category for found in looks for category in found.certain}
    suspected = {category for found in looks for category in found.suspected}
    return Found(tuple(sorted(certain)), tuple(sorted(suspected - certain)))


def dangers(text: str) -> list[str]:
    """Return the sorted names of the categories found for certain."""
    return list(look_for_danger(text).certain)


def intents_of(categories: Iterable[str]) -> list[str]:
    """Return the intents that the screen's categories stand for."""
    return [SCREENED_INTENTS[category] for category in categories]
