"""What a loan of the book costs when it is paid late or early: the tape's rate and grace, the lender's conventions."""

from __future__ import annotations

from loans.models import Loan
from loans.money import Rounding
from loans.payoff import PayoffTerms
from loans.penalty import PenaltyTerms
from policies.late_charges import late_charges


def payoff_terms_of(loan: Loan) -> PayoffTerms:
    """Return how the loan is settled. Raises LoanError or LateChargesError when the lender's file makes no sense."""
    conventions = late_charges(loan.product.code)
    return PayoffTerms(
        penalty=PenaltyTerms(
            annual_rate_pct=loan.penalty_rate_pct,
            grace_days=loan.grace_days,
            counts_from=conventions.counts_from,
            days_in_year=conventions.days_in_year,
            compounding=conventions.compounding,
            rounding=Rounding(loan.product.rounding_mode, loan.product.rounding_unit),
        ),
        prepayment_fee_pct=conventions.prepayment_fee_pct,
        fees_to_come=conventions.fees_to_come,
    )
