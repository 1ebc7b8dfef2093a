"""What the relief rules look at: plain facts about a loan and about a relief for it, without any loan book."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal


@dataclass(frozen=True)
class Circumstances:
    """What the rules look at beside the schedule. Amounts are in the loan's currency, terms in months.

    `reason` is why the borrower asks, as far as they said. `class_floor` is the worst of the class by days
    past due and the lender's own. `branch_relieved_amount` is the principal left on the branch's other loans under an
    agreement or waiting for one, `branch_outstanding_amount` that of all its open loans, this one included.
    None means that nobody looked, or that the lender's data do not say.
    """

    reason: str | None = None
    industry: str = ""
    region: str = ""
    branch: str = ""
    tags: tuple[str, ...] = ()
    signals: tuple[str, ...] = ()
    class_floor: str = ""
    product_max_term_months: int | None = None
    watch_until: date | None = None
    branch_relieved_amount: Decimal | None = None
    branch_outstanding_amount: Decimal | None = None


UNKNOWN = Circumstances()


@dataclass(frozen=True)
class ReliefFacts:
    """A loan on the day `as_of`. Amounts are in `currency`, the rate is percent a year, terms are in months.

    `term_months` is the original term, `annual_rate_pct` the rate in force. `movable_on` is the due date an
    extension would move: the due instalment's, or the maturity of a bullet loan. `period_months` is the length
    of one instalment period. `lent_amount` is the principal on the day of disbursement. `interest_arrears` is
    overdue interest, `owed` everything asked for, by component, with the charges outside the instalments.
    """

    as_of: date
    currency: str
    outstanding_principal: Decimal
    annual_rate_pct: Decimal
    method: str
    term_months: int
    remaining_instalments: int
    movable_on: date
    maturity_on: date
    days_past_due: int = 0
    prior_extension_months: int = 0
    restructure_count: int = 0
    secured: bool = False
    guarantor: bool = False
    period_months: Decimal = Decimal(1)
    disbursed_on: date | None = None
    original_maturity_on: date | None = None
    lent_amount: Decimal | None = None
    interest_arrears: Decimal = Decimal(0)
    owed: Mapping[str, Decimal] = field(default_factory=dict)
    circumstances: Circumstances = UNKNOWN

    @property
    def reason(self) -> str | None:
        """Why the borrower asks, as far as they said."""
        return self.circumstances.reason


@dataclass(frozen=True)
class ReliefOutcome:
    """What a relief, or several together, would do. Amounts are in the loan's currency.

    `added_months` is by how many months payment is put off beyond the present term. `waived` is what is
    forgiven for good, by component (principal, interest, fee, penalty). `highest_rate_pct` is the highest rate in
    force from now on, percent a year. `new_principal` is the principal owed afterwards. `period_months` is the time
    between two payments. `largest_payment` is the most that is asked for at once, `largest_payment_before` the same
    of today's plan, where all that is overdue counts as one payment.
    """

    added_months: int
    new_maturity_on: date
    instalments: int
    new_principal: Decimal
    highest_rate_pct: Decimal
    period_months: Decimal
    largest_payment: Decimal
    largest_payment_before: Decimal
    waived: Mapping[str, Decimal] = field(default_factory=dict)
