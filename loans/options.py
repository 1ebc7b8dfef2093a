"""What to offer a borrower: a few allowed reliefs, each computed, decided and said in one sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from loans.contract import PRINCIPAL_AT_THE_END
from loans.money import ZERO, by_day
from loans.relief import Position, Proposal, ReliefError, Wanted, compute_all
from loans.relief.checks import require_open
from loans.relief.dates import upcoming_dates
from loans.relief.proposal import kind_of, params_of
from loans.summary import summarise
from policies.facts import UNKNOWN, Circumstances, ReliefFacts, ReliefOutcome
from policies.relief import Decision, evaluate, menu
from policies.rulebook import Rulebook

MOST_NEARER = 3


@dataclass(frozen=True)
class Option:
    """One relief, or several together, offered or refused.

    When offered (`allowed`), `proposal` and `decision` are given and the summaries say what it means. When
    refused, `proposal` may be missing and the summaries say why. `adjusted` marks an offer with fewer months
    than asked for, because the rules allow no more. `error_code` is set when the loan's state makes no sense
    of the relief.
    """

    steps: tuple[Wanted, ...]
    proposal: Proposal | None
    decision: Decision | None
    summary_zh: str
    summary_en: str
    adjusted: bool = False
    error_code: str | None = None

    @property
    def kind(self) -> str:
        """The kind; of a combined relief, all of them joined by +."""
        return kind_of(self.steps)

    @property
    def params(self) -> Mapping[str, Any]:
        """The parameters; of a combined relief, each name after its kind, as in deferral.months."""
        return params_of(self.steps)

    @property
    def allowed(self) -> bool:
        """Whether this can be offered."""
        return self.proposal is not None and self.decision is not None and self.decision.allowed


def offers(
    position: Position,
    rulebook: Rulebook,
    requested: int | None = None,
    circumstances: Circumstances = UNKNOWN,
) -> list[Option]:
    """The options to offer, in the rulebook's order: at most its `max_options`, no two with the same rows.

    `requested` is the months asked for. Where the rules allow fewer months, the option with the most they
    allow is offered instead. When nothing is allowed, the list holds the refusals, one for each kind of the
    menu; a single one for a closed loan.
    """
    try:
        facts = facts_of(position, circumstances)
    except ReliefError as error:
        return [_refused_by_state(rulebook.menu[0].offers[0], error)]
    allowed, refused = answers(position, rulebook, menu(rulebook, facts, requested), circumstances)
    return allowed or refused


def answers(
    position: Position,
    rulebook: Rulebook,
    wishes: Iterable[Sequence[Wanted]],
    circumstances: Circumstances = UNKNOWN,
) -> tuple[list[Option], list[Option]]:
    """What can be offered of several wishes, in their order, and the wishes that are refused.

    In place of a refused wish the nearest is offered, where the rules allow one. At most the rulebook's
    `max_options` are offered, no two with the same rows.
    """
    allowed: list[Option] = []
    refused: list[Option] = []
    for wish in wishes:
        option = option_for(position, rulebook, wish, circumstances)
        if not option.allowed:
            refused.append(option)
        offered = option if option.allowed else nearest_option(position, rulebook, option, circumstances)
        if offered is not None and not any(_same_rows(offered, other) for other in allowed):
            allowed.append(offered)
        if len(allowed) == rulebook.max_options:
            break
    return allowed, refused


def option_for(
    position: Position,
    rulebook: Rulebook,
    wanted: Sequence[Wanted],
    circumstances: Circumstances = UNKNOWN,
    *,
    adjusted: bool = False,
) -> Option:
    """One relief, or several together, as an option, offered or refused.

    Missing parameters come from the rulebook's defaults.
    """
    full = tuple((kind, rulebook.params_for(kind, params)) for kind, params in wanted)
    try:
        proposal = compute_all(full, position)
    except ReliefError as error:
        return _refused_by_state(full, error)
    facts = facts_of(position, circumstances)
    decision = evaluate(rulebook, facts, proposal.steps, outcome_of(position, proposal))
    if decision.allowed:
        zh, en = summarise(position, proposal)
    else:
        zh = "".join(result.reason_zh for result in decision.refusals)
        en = " ".join(result.reason_en for result in decision.refusals)
    return Option(proposal.steps, proposal, decision, zh, en, adjusted)


def nearest_option(
    position: Position, rulebook: Rulebook, refused: Option, circumstances: Circumstances = UNKNOWN
) -> Option | None:
    """What could be offered instead of a refused option, computed and decided anew; None when nothing could.

    Whole periods may add more months than asked for, so that what seemed the nearest is refused again: then the
    nearest to that is tried.
    """
    option = refused
    for _ in range(MOST_NEARER):
        if option.decision is None or option.decision.nearest is None:
            return None
        option = option_for(position, rulebook, option.decision.nearest, circumstances, adjusted=True)
        if option.allowed:
            return option
    return None


def facts_of(position: Position, circumstances: Circumstances = UNKNOWN) -> ReliefFacts:
    """What the rules look at, of an open loan. Raises ReliefError when the loan is closed."""
    require_open(position)
    is_bullet = position.method in PRINCIPAL_AT_THE_END
    return ReliefFacts(
        as_of=position.as_of,
        currency=position.currency,
        outstanding_principal=position.outstanding.principal,
        annual_rate_pct=position.contract.rate_on(position.as_of),
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
        period_months=position.period.average_months,
        disbursed_on=position.disbursed_on,
        original_maturity_on=position.original_maturity_on,
        lent_amount=position.principal,
        interest_arrears=position.arrears.interest,
        owed=owed_of(position),
        circumstances=circumstances,
    )


def owed_of(position: Position) -> dict[str, Decimal]:
    """Everything asked for, by component, with the charges outside the instalments."""
    return asdict(position.outstanding + position.charges_left)


def outcome_of(position: Position, proposal: Proposal) -> ReliefOutcome:
    """What the rules look at, of a computed relief."""
    ahead = [
        change.annual_rate_pct for change in proposal.terms.rate_changes if change.from_date > position.as_of
    ]
    contract = replace(position.contract, rate_changes=proposal.terms.rate_changes)
    before = [(each.due_on, each.unpaid.total) for each in position.unpaid]
    after = [(row.due_on, row.due) for row in proposal.to_pay]
    return ReliefOutcome(
        added_months=proposal.extension_months,
        new_maturity_on=proposal.new_maturity,
        instalments=len(proposal.to_pay),
        new_principal=sum((row.principal for row in proposal.to_pay), ZERO),
        highest_rate_pct=max([contract.rate_on(position.as_of), *ahead]),
        period_months=proposal.terms.period.average_months,
        largest_payment=_largest_payment(after, position.as_of),
        largest_payment_before=_largest_payment(before, position.as_of),
        waived=asdict(proposal.waived),
    )


def _largest_payment(due: Iterable[tuple[date, Decimal]], as_of: date) -> Decimal:
    """The most that is due on a day; what is overdue is due today."""
    return max(by_day((max(day, as_of), amount) for day, amount in due).values(), default=ZERO)


def _refused_by_state(steps: Sequence[Wanted], error: ReliefError) -> Option:
    return Option(tuple(steps), None, None, error.zh, error.en, error_code=error.code)


def _same_rows(option: Option, other: Option) -> bool:
    if option.proposal is None or other.proposal is None:
        return False
    return _asked_for(option.proposal) == _asked_for(other.proposal)


def _asked_for(proposal: Proposal) -> list[tuple[Any, ...]]:
    return [(row.due_on, row.principal, row.interest, row.fee, row.penalty) for row in proposal.to_pay]
