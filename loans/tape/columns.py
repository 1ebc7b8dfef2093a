"""The files of a tape and their columns, as data. docs/loan-tape.md describes them for lenders."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from loans.tape import values
from loans.tape.values import Reader, text_up_to

DAY_COUNTS = ("30/360", "actual/365", "actual/360", "actual/actual")


@dataclass(frozen=True)
class Column:
    """One column. A `must_exist` column must be in the header; `default` stands for an empty value."""

    name: str
    read: Reader
    must_exist: bool = True
    may_be_empty: bool = False
    default: Any = None


@dataclass(frozen=True)
class File:
    """One file of a tape; `key` is the columns that name a row."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    must_exist: bool = True


def _optional(name: str, read: Reader, default: Any = None) -> Column:
    return Column(name, read, must_exist=False, may_be_empty=True, default=default)


def _may_be_empty(name: str, read: Reader) -> Column:
    return Column(name, read, may_be_empty=True, default="")


BORROWERS = File(
    "borrowers.csv",
    (
        Column("borrower_ref", text_up_to(64)),
        Column("name", text_up_to(200)),
        Column("phone", values.phone),
        Column("id_last4", values.id_last4),
        Column("language", values.choice("zh", "en")),
        Column("timezone", values.timezone),
        _may_be_empty("region", text_up_to(100)),
        _may_be_empty("industry", text_up_to(100)),
        _may_be_empty("telegram_id", values.telegram_id),
        _optional("consent", values.boolean, True),
        _optional("opted_out", values.boolean, False),
        _optional("tags", values.several, []),
    ),
    key=("borrower_ref",),
)

LOANS = File(
    "loans.csv",
    (
        Column("loan_ref", text_up_to(64)),
        Column("borrower_ref", text_up_to(64)),
        Column("product", text_up_to(64)),
        Column("principal", values.positive_amount),
        Column("annual_rate_pct", values.rate),
        Column("term_months", values.whole(1, 600)),
        Column("method", values.choice("annuity", "equal_principal", "bullet")),
        Column("disbursed_on", values.day),
        Column("first_due_on", values.day),
        Column("currency", values.currency),
        Column("secured", values.boolean),
        Column("guarantor", values.boolean),
        _optional("branch", text_up_to(64), ""),
        _optional("day_count", values.choice(*DAY_COUNTS), "30/360"),
        _optional("penalty_rate_pct", values.rate, Decimal(0)),
        _optional("grace_days", values.whole(0, 365), 0),
        _optional("allocation", values.allocation),
        _optional("original_maturity_on", values.day),
        _optional("prior_extension_months", values.whole(0, 600), 0),
        _optional("restructure_count", values.whole(0, 100), 0),
        _optional("class", values.classification, ""),
        _optional("signals", values.several, []),
    ),
    key=("loan_ref",),
)

INSTALMENTS = File(
    "instalments.csv",
    (
        Column("loan_ref", text_up_to(64)),
        Column("number", values.whole(1, 6000)),
        Column("due_on", values.day),
        Column("principal", values.amount),
        Column("interest", values.amount),
        Column("fee", values.amount),
        _optional("penalty", values.amount, Decimal(0)),
    ),
    key=("loan_ref", "number"),
)

PAYMENTS = File(
    "payments.csv",
    (
        Column("loan_ref", text_up_to(64)),
        Column("paid_on", values.day),
        Column("amount", values.positive_amount),
        Column("external_ref", text_up_to(100)),
    ),
    key=("loan_ref", "external_ref"),
)

CHARGES = File(
    "charges.csv",
    (
        Column("loan_ref", text_up_to(64)),
        Column("kind", text_up_to(40)),
        Column("due_on", values.day),
        Column("amount", values.amount),
        Column("paid", values.amount),
    ),
    key=("loan_ref", "kind", "due_on"),
    must_exist=False,
)

FILES = (BORROWERS, LOANS, INSTALMENTS, PAYMENTS, CHARGES)
