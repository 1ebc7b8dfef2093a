"""Patterns of Chinese and English words, for normalised text: simplified Chinese, lower-case English."""

from __future__ import annotations

import re


def either(zh: str, en: str) -> re.Pattern[str]:
    """Return a pattern of any of the Chinese alternatives, or any of the English ones as whole words."""
    return re.compile(rf"{zh}|\b(?:{en})\b")
