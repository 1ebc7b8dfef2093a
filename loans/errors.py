"""What is wrong with a request about a loan, said to a program and to people."""

from __future__ import annotations


class LoanError(ValueError):
    """Figures that make no sense for this loan.

    `code` is stable and for programs; `zh` and `en` are for people and say what to do.
    """

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.code = code
        self.zh = zh
        self.en = en
