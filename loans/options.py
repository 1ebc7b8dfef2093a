"""What to offer a borrower: a few allowed reliefs, each computed, decided and said in one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from loans.contract import PRINCIPAL_AT_THE_END
from loans.relief import Position, Proposal, ReliefError, compute
from loans.relief.checks import require_open
from loans.relief.dates import upcoming_dates
from loans.summary import summarise
from policies.facts import ReliefFacts
from policies.relief import Decision, evaluate, menu
from policies.rulebook import Rulebook

_DAYS_A_MONTH = Decimal("30.4375")
_DAYS = {"week": 7, "day": 1}


@dataclass(frozen=True)
class Option:
    """One relief, offered or refused.

    When offered (`allowed`), `proposal` and `decision` are given and the summaries say what it means. When
    refused, `proposal` may be missing and the summaries say why. `adjusted` marks an offer with fewer months
    than asked for, because the rules allow no more. `error_code` is set when the loan's state makes no sense
    of the relief.
    """

    kind: str
    params: Mapping[str, Any]
    proposal: Proposal | None
    decision: Decision | None
    summary_zh: str
    summary_en: str
    adjusted: bool = False
    error_code: str | None = None

    @property
    def allowed(self) -> bool:
        """Whether this can be offered."""
        return self.proposal is not None and self.decision is not None and self.decision.allowed


def offers(
    position: Position, rulebook: Rulebook, requested: int | None = None, reason: str | None = None
) -> list[Option]:
    """The options to offer, in the rulebook's order: at most its `max_options`, no two with the same rows.

    `requested` is the months asked for. Where the rules allow fewer months, the option with the most they
    allow is offered instead. When nothing is allowed, the list holds the refusals, one for each kind of the
    menu; a single one for a closed loan.
    """
    try:
        facts = facts_of(position, reason)
    except ReliefError as error:
        return [_refused_by_state(rulebook.menu[0].offers[0][0], {}, error)]
    allowed: list[Option] = []
    refused: list[Option] = []
    for kind, params in menu(rulebook, facts, requested):
        option = option_for(position, rulebook, kind, params, reason)
        if not option.allowed and option.decision and option.decision.nearest:
            option = option_for(position, rulebook, kind, option.decision.nearest, reason, adjusted=True)
        if not option.allowed:
            refused.append(option)
        elif not any(_same_rows(option, other) for other in allowed):
            allowed.append(option)
        if len(allowed) == rulebook.max_options:
            break
    return allowed or refused


def option_for(
    position: Position,
    rulebook: Rulebook,
    kind: str,
    params: Mapping[str, Any],
    reason: str | None = None,
    *,
    adjusted: bool = False,
) -> Option:
    """One relief as an option, offered or refused. Missing parameters come from the rulebook's defaults."""
    full = rulebook.params_for(kind, params)
    try:
        proposal = compute(kind, position, full)
    except ReliefError as error:
        return _refused_by_state(kind, full, error)
    decision = evaluate(rulebook, facts_of(position, reason), kind, proposal.params)
    if decision.allowed:
        zh, en = summarise(position, proposal)
    else:
        zh = "".join(result.reason_zh for result in decision.refusals)
        en = " ".join(result.reason_en for result in decision.refusals)
    return Option(kind, proposal.params, proposal, decision, zh, en, adjusted)


def facts_of(position: Position, reason: str | None = None) -> ReliefFacts:
    """What the rules look at, of an open loan. Raises ReliefError when the loan is closed."""
    require_open(position)
    is_bullet = position.method in PRINCIPAL_AT_THE_END
    period = position.period
    months = Decimal(period.n) if period.in_months else Decimal(period.n * _DAYS[period.unit]) / _DAYS_A_MONTH
    return ReliefFacts(
        as_of=position.as_of,
        currency=position.currency,
        outstanding_principal=position.outstanding.principal,
        annual_rate_pct=position.annual_rate_pct,
        method=position.method,
        term_months=position.term_months,
        remaining_instalments=len(upcoming_dates(position)),
        movable_on=position.maturity_on if is_bullet else position.current.due_on,
        maturity_on=position.maturity_on,
        days_past_due=position.days_past_due,
        prior_extension_months=position.prior_extension_months,
        restructure_count=position.restructure_count,
        secured=position.secured,
        guarantor=position.guarantor,
        period_months=months,
        reason=reason,
    )


def _refused_by_state(kind: str, params: Mapping[str, Any], error: ReliefError) -> Option:
    return Option(kind, dict(params), None, None, error.zh, error.en, error_code=error.code)


def _same_rows(option: Option, other: Option) -> bool:
    if option.proposal is None or other.proposal is None:
        return False
    return [(row.due_on, row.amounts) for row in option.proposal.to_pay] == [
        (row.due_on, row.amounts) for row in other.proposal.to_pay
    ]
