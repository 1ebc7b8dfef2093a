"""Why a relief cannot be computed for a loan."""

from __future__ import annotations

from loans.errors import LoanError


class ReliefError(LoanError):
    """The arithmetic or the loan's state makes no sense of this relief."""
