"""Credit-record protection (征信保护): for some months the loan is not reported as overdue.

Practice of 2020, and the joint notice on deferred repayment of that year (银保监发[2020]6): the credit record is
not affected. No payment moves and nothing is forgiven; what is asked for is the reporting.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from loans.relief.checks import require_open
from loans.relief.params import Params
from loans.relief.position import Position
from loans.relief.proposal import Proposal, propose, unchanged

KIND = "credit_protection"
PARAMS = ("months",)


def compute(position: Position, params: Mapping[str, Any]) -> Proposal:
    """Protection for `months` from today; the rows are what is left to pay today, on the same dates.

    Raises ReliefError when the loan is closed.
    """
    read = Params(params, PARAMS)
    months = read.count("months", "月", "months")
    require_open(position)
    rows = [unchanged(instalment) for instalment in position.unpaid]
    return propose(position, KIND, {"months": months}, rows, extension_months=0)
