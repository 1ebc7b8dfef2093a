"""The tables of the loan book, one file per subject."""

from loans.models.book import Borrower, ContactPoint, Loan, Product
from loans.models.care import Case, PromiseToPay
from loans.models.payments import Allocation, Charge, Payment
from loans.models.relief import WAITING, Agreement, Consent, Quote, Waiver
from loans.models.schedules import Instalment, Schedule

__all__ = [
    "WAITING",
    "Agreement",
    "Allocation",
    "Borrower",
    "Case",
    "Charge",
    "Consent",
    "ContactPoint",
    "Instalment",
    "Loan",
    "Payment",
    "Product",
    "PromiseToPay",
    "Quote",
    "Schedule",
    "Waiver",
]
