"""What the safety screen hears in a message, as it was written and in plain words: 想4 is 想死."""

from bot.normalise import normalise
from bot.plain_words import plain_words
from policies.safety import screen


def dangers(text: str) -> list[str]:
    """Return the sorted names of the categories found in a message in either form, however it is typed."""
    normal = normalise(text)
    return sorted({*screen(normal), *screen(plain_words(normal))})
