"""Rate cut (降息): a lower contract rate from a day on.

What is overdue, and what falls due by that day, stays as it is. The instalments after it are computed anew with
the same dates and count; see `loans.relief.anew`. A change within a period counts for its own days, and the day
itself is at the new rate (Apache Fineract, LoanInterestRateChange.feature, takes the day after).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from loans.relief.anew import rows_anew
from loans.relief.checks import require_open
from loans.relief.errors import ReliefError
from loans.relief.params import Params, plain
from loans.relief.position import Position
from loans.relief.proposal import ParamValue, Proposal, propose, unchanged
from loans.relief.rates import changed_rates, highest_rate, require_interest_to_come

KIND = "reduce_rate"
PARAMS = ("annual_rate_pct", "from")


def compute(position: Position, params: Mapping[str, Any]) -> Proposal:
    """A rate of `annual_rate_pct` percent a year from the day `from` (default: `as_of`, so that nothing
    already earned is rewritten).

    A rate already lower for some time, as in an interest pause, stays for that time. A deferral's interest
    agreed before stays as agreed. Raises ReliefError when the loan is closed or past maturity, the rate is
    not lower than the one in force, or the day lies before the running period or after the maturity.
    """
    read = Params(params, PARAMS)
    rate = read.rate("annual_rate_pct")
    start = read.day("from") if read.has("from") else position.as_of
    require_open(position)
    require_interest_to_come(position, start)
    present = highest_rate(position.contract, start)
    if rate >= present:
        raise ReliefError(
            "not_lower",
            f"新的年利率 {rate}% 须低于现在的 {plain(present)}%",
            f"the new rate, {rate}% a year, must be lower than the one in force, {plain(present)}%",
        )
    terms = replace(
        position.terms, rate_changes=changed_rates(position.contract, lambda old: min(old, rate), start)
    )
    touched = tuple(instalment for instalment in position.upcoming if instalment.due_on > start)
    changed_from = min((instalment.due_on for instalment in touched), default=None)
    stays = [
        unchanged(instalment)
        for instalment in position.unpaid
        if changed_from is None or instalment.due_on < changed_from
    ]
    rows = []
    if touched:
        ahead = replace(position, as_of=max(position.as_of, start), instalments=touched)
        rows = rows_anew(ahead, replace(position.contract, rate_changes=terms.rate_changes))
    stored: dict[str, ParamValue] = {"annual_rate_pct": plain(rate), "from": start.isoformat()}
    return propose(position, KIND, stored, [*stays, *rows], terms=terms)
