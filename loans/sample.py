"""A believable loan book of invented people, written as a tape: the same seed and day make the same book."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

from loans.calendar import add_months
from loans.sample_people import INDUSTRIES, PRODUCTS, Person, a_chinese_person, an_english_person
from loans.schedule import Row, ScheduleTerms, build_schedule

SHARE_ENGLISH = 0.15
PAID_UP, UPCOMING, LATE, GOOD = "paid_up", "upcoming", "late", "good"
STANDINGS = ((GOOD, 40), (UPCOMING, 15), (LATE, 30), (PAID_UP, 15))


@dataclass(frozen=True)
class SampleSize:
    """How large a book, and from which seed."""

    seed: int = 2020
    borrowers: int = 300


@dataclass
class _Tables:
    """The rows of each file, as text."""

    borrowers: list[dict[str, str]] = field(default_factory=list)
    loans: list[dict[str, str]] = field(default_factory=list)
    instalments: list[dict[str, str]] = field(default_factory=list)
    payments: list[dict[str, str]] = field(default_factory=list)
    charges: list[dict[str, str]] = field(default_factory=list)


def write_sample(folder: Path, size: SampleSize, today: date) -> None:
    """Write a sample tape to `folder`, with every date relative to `today`."""
    random = Random(f"{size.seed}:{size.borrowers}")
    tables = _Tables()
    for number in range(1, size.borrowers + 1):
        _add_borrower(tables, random, number, today)
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("borrowers", "loans", "instalments", "payments", "charges"):
        _write(folder / f"{name}.csv", getattr(tables, name))


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    if not rows:
        path.unlink(missing_ok=True)
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _add_borrower(tables: _Tables, random: Random, number: int, today: date) -> None:
    person = an_english_person(random) if random.random() < SHARE_ENGLISH else a_chinese_person(random)
    ref = f"B{number:05d}"
    industry_zh, industry_en, hard_hit = random.choices(INDUSTRIES, [row[2] + 1 for row in INDUSTRIES])[0]
    tables.borrowers.append(
        {
            "borrower_ref": ref,
            "name": person.name,
            "phone": person.phone_prefix + f"{number:0{person.phone_digits}d}",
            "id_last4": f"{random.randrange(1000):03d}{random.choice('0123456789X')}",
            "language": person.language,
            "timezone": person.timezone,
            "region": person.region,
            "industry": industry_zh if person.language == "zh" else industry_en,
            "telegram_id": "",
            "opted_out": "true" if random.random() < 0.01 else "false",
            "tags": "hard_hit" if hard_hit else "",
        }
    )
    for loan in range(2 if random.random() < 0.06 else 1):
        _add_loan(
            tables, random, person, ref, f"L{number:05d}" + ("" if loan == 0 else f"-{loan + 1}"), today
        )


def _add_loan(tables: _Tables, random: Random, person: Person, borrower: str, ref: str, today: date) -> None:
    product = random.choice(PRODUCTS)
    term = random.choice(product.terms)
    principal = Decimal(random.randint(*product.thousands)) * 1000 * person.currency_scale
    rate = random.choice(product.rates)
    standing = random.choices([name for name, _ in STANDINGS], [weight for _, weight in STANDINGS])[0]
    bullet = product.method == "bullet"
    instalments = 1 if bullet else term
    disbursed_on, first_due_on, unpaid_from = _dates(random, standing, term, bullet, today)
    rows = build_schedule(
        ScheduleTerms(
            principal=principal,
            annual_rate_pct=rate,
            instalments=instalments,
            method=product.method,
            disbursed_on=disbursed_on,
            first_due_on=first_due_on,
            day_count=product.day_count,
        )
    ).rows
    secured = principal >= 100_000 * person.currency_scale and random.random() < 0.5
    guarantor = not secured and random.random() < 0.12
    tables.loans.append(
        {
            "loan_ref": ref,
            "borrower_ref": borrower,
            "product": product.code,
            "principal": str(principal),
            "annual_rate_pct": str(rate),
            "term_months": str(term),
            "method": product.method,
            "disbursed_on": disbursed_on.isoformat(),
            "first_due_on": first_due_on.isoformat(),
            "currency": person.currency,
            "secured": str(secured).lower(),
            "guarantor": str(guarantor).lower(),
            "branch": person.branch,
            "day_count": product.day_count,
            "penalty_rate_pct": str(rate * Decimal("1.5")),
            "grace_days": "3",
            "allocation": "penalty,fee,interest,principal",
            "prior_extension_months": "0",
            "restructure_count": "0",
            "signals": random.choice(("sales_down", "tax_arrears", "court_case"))
            if random.random() < 0.03
            else "",
        }
    )
    _add_instalments(tables, ref, rows, unpaid_from, rate * Decimal("1.5"), today)
    _add_payments(tables, random, ref, rows, unpaid_from, today)
    if random.random() < 0.03:
        tables.charges.append(
            {
                "loan_ref": ref,
                "kind": "service_fee",
                "due_on": first_due_on.isoformat(),
                "amount": "50.00",
                "paid": random.choice(("0.00", "50.00")),
            }
        )


def _dates(random: Random, standing: str, term: int, bullet: bool, today: date) -> tuple[date, date, date]:
    """Return disbursement, first due date, and the day from which nothing is paid yet.

    The one date that matters to a standing is put where it belongs, on a day every month has, and the rest is
    reckoned back from it.
    """
    if standing == LATE:
        key = today - timedelta(days=random.choice((1, 2, 3, 5, 8, 10, 14, 21, 30, 45, 60, 75, 90, 105, 115)))
    elif standing == UPCOMING:
        key = today + timedelta(days=random.choice((0, 1, 3, 5, 7, 10, 12, 15)))
    elif standing == PAID_UP:
        key = today - timedelta(days=random.randint(5, 60))
    else:
        key = today + timedelta(days=random.randint(16, 27))
    if key.day > 28:
        key = key.replace(day=28) if key < today else (key + timedelta(days=3)).replace(day=1)
    elapsed = term if bullet or standing == PAID_UP else random.randint(1, term)
    disbursed_on = add_months(key, -elapsed)
    first_due_on = key if bullet else add_months(key, 1 - elapsed)
    unpaid_from = date.max if standing == PAID_UP else key
    return disbursed_on, first_due_on, unpaid_from


def _add_instalments(
    tables: _Tables, loan: str, rows: Sequence[Row], unpaid_from: date, penalty_rate: Decimal, today: date
) -> None:
    for row in rows:
        late = (today - row.due_on).days if row.due_on >= unpaid_from else 0
        penalty = row.principal * penalty_rate * late / 36500 if late > 3 else Decimal(0)
        tables.instalments.append(
            {
                "loan_ref": loan,
                "number": str(row.number),
                "due_on": row.due_on.isoformat(),
                "principal": str(row.principal),
                "interest": str(row.interest),
                "fee": "0.00",
                "penalty": str(penalty.quantize(Decimal("0.01"))),
            }
        )


def _add_payments(
    tables: _Tables, random: Random, loan: str, rows: Sequence[Row], unpaid_from: date, today: date
) -> None:
    for row in rows:
        if row.due_on >= unpaid_from:
            if row.due_on <= today and row.number > 1 and random.random() < 0.1:
                _pay(tables, loan, row, (row.due * Decimal("0.3")).quantize(Decimal("0.01")))
            return
        over = Decimal("0.50") if row is rows[-1] and random.random() < 0.2 else Decimal(0)
        _pay(tables, loan, row, row.due + over)


def _pay(tables: _Tables, loan: str, row: Row, amount: Decimal) -> None:
    tables.payments.append(
        {
            "loan_ref": loan,
            "paid_on": row.due_on.isoformat(),
            "amount": str(amount),
            "external_ref": f"{loan}-{row.number:03d}",
        }
    )
