"""Why a relief cannot be computed for a loan."""

from __future__ import annotations


class ReliefError(ValueError):
    """The arithmetic or the loan's state makes no sense of this relief.

    `code` is stable and for programs; `zh` and `en` are for people and say what to do.
    """

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.code = code
        self.zh = zh
        self.en = en
