"""Loading borrowers, the ways to reach them, products and loans."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Set
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from loans.bulk import insert_many
from loans.models import Borrower, ContactPoint, Loan, Product
from loans.tape.agreed import restructured, under_agreement
from loans.tape.checks import Tape
from loans.tape.columns import BORROWERS, CHARGES, INSTALMENTS, LOANS, PAYMENTS
from loans.tape.outcome import Outcome
from loans.tape.reader import Row

BORROWER_FIELDS = (
    "name",
    "id_last4",
    "language",
    "timezone",
    "region",
    "industry",
    "consent",
    "opted_out",
    "tags",
)
LOAN_FIELDS = (
    "principal",
    "annual_rate_pct",
    "term_months",
    "method",
    "disbursed_on",
    "first_due_on",
    "currency",
    "secured",
    "guarantor",
    "branch",
    "day_count",
    "penalty_rate_pct",
    "grace_days",
    "original_maturity_on",
    "prior_extension_months",
    "restructure_count",
    "class",
    "signals",
)
SET_BY_AGREEMENT = frozenset(
    (
        "principal",
        "annual_rate_pct",
        "term_months",
        "method",
        "first_due_on",
        "original_maturity_on",
        "prior_extension_months",
        "restructure_count",
    )
)
COUNTS = ("prior_extension_months", "restructure_count")


def load_borrowers(session: Session, tape: Tape, outcome: Outcome) -> dict[str, int]:
    """Insert or update every borrower of the tape; return the ids of all borrowers by reference.

    An opt-out only ever goes one way here: a tape can set it, never take it back.
    """
    rows = tape.rows(BORROWERS)
    given = tape.columns(BORROWERS)
    columns = [getattr(Borrower, name) for name in ("id", "ref", *BORROWER_FIELDS, "extra")]
    existing = {row["ref"]: dict(row) for row in session.execute(select(*columns)).mappings()}
    new, changed = [], []
    for row in rows:
        ref = row.values["borrower_ref"]
        old = existing.get(ref)
        if old is None:
            fields = {name: row.values[name] for name in BORROWER_FIELDS}
            new.append({"ref": ref, **fields, "extra": row.extra})
            continue
        fields = {name: row.values[name] for name in BORROWER_FIELDS if name in given}
        if old["opted_out"] and not fields.get("opted_out", True):
            outcome.note(BORROWERS, "opted_out", "held_back", key=ref, field="opted_out", new=False, old=True)
            del fields["opted_out"]
        differing = outcome.compare(BORROWERS, ref, old, fields | {"extra": old["extra"] | row.extra})
        if differing:
            changed.append({"id": old["id"], **differing})
    _write(session, Borrower, new, changed)
    outcome.added[BORROWERS.name] += len(new)
    ids = dict(session.execute(select(Borrower.ref, Borrower.id)).all())
    _load_contact_points(session, rows, ids, outcome)
    return ids


def _load_contact_points(session: Session, rows: list[Row], ids: dict[str, int], outcome: Outcome) -> None:
    """Keep the tape's number and chat of each borrower; a proved one stays beside a new one."""
    known: dict[tuple[int, str], list[Any]] = defaultdict(list)
    for point in session.execute(
        select(
            ContactPoint.id,
            ContactPoint.borrower_id,
            ContactPoint.kind,
            ContactPoint.value,
            ContactPoint.verified_at,
        )
    ):
        known[point.borrower_id, point.kind].append(point)
    new, changed = [], []
    for row in rows:
        ref = row.values["borrower_ref"]
        for kind, value in (("phone", row.values["phone"]), ("telegram", row.values["telegram_id"])):
            points = known[ids[ref], kind]
            if not value or any(point.value == value for point in points):
                continue
            unproved = next((point for point in points if point.verified_at is None), None)
            if unproved is None:
                new.append({"borrower_id": ids[ref], "kind": kind, "value": value})
            else:
                changed.append({"id": unproved.id, "value": value})
            if points:
                outcome.compare(BORROWERS, ref, {kind: points[0].value}, {kind: value})
    _write(session, ContactPoint, new, changed)


def load_products(session: Session, tape: Tape, outcome: Outcome) -> dict[str, int]:
    """Insert the products the loans name, or change their allocation order; return their ids by code."""
    existing = {
        row["code"]: dict(row)
        for row in session.execute(select(Product.id, Product.code, Product.allocation)).mappings()
    }
    orders: dict[str, str | None] = {}
    for row in tape.rows(LOANS):
        code = row.values["product"]
        orders[code] = orders.get(code) or row.values["allocation"]
    new = [{"code": code} | ({"allocation": order} if order else {}) for code, order in orders.items()]
    with_order = [row for row in new if row["code"] not in existing and "allocation" in row]
    without_order = [row for row in new if row["code"] not in existing and "allocation" not in row]
    changed = []
    for code, order in orders.items():
        if order and code in existing:
            differing = outcome.compare(LOANS, code, existing[code], {"allocation": order})
            if differing:
                changed.append({"id": existing[code]["id"], **differing})
    _write(session, Product, with_order, changed)
    _write(session, Product, without_order, [])
    return dict(session.execute(select(Product.code, Product.id)).all())


def load_loans(
    session: Session, tape: Tape, borrowers: dict[str, int], products: dict[str, int], outcome: Outcome
) -> dict[str, int]:
    """Insert or update every loan of the tape; return their ids by reference.

    While an agreed schedule is in force, the terms it set are kept and the tape's are only noted. The counts of relief
    are never lowered below what was agreed here, also when a broken agreement gave way to the former schedule.
    """
    given = tape.columns(LOANS)
    extras = _extras(tape)
    maturities: dict[str, Any] = {}
    for row in tape.rows(INSTALMENTS):
        ref = row.values["loan_ref"]
        maturities[ref] = max(row.values["due_on"], maturities.get(ref, row.values["due_on"]))
    names = ["asset_class" if name == "class" else name for name in LOAN_FIELDS]
    columns = [getattr(Loan, name) for name in ("id", "ref", "borrower_id", "product_id", *names, "extra")]
    existing = {row["ref"]: dict(row) for row in session.execute(select(*columns)).mappings()}
    agreed, counted = under_agreement(session), restructured(session)
    new, changed = [], []
    for row in tape.rows(LOANS):
        ref, old = row.values["loan_ref"], existing.get(row.values["loan_ref"])
        fields = {
            name: row.values[column]
            for name, column in zip(names, LOAN_FIELDS, strict=True)
            if old is None or column in given
        }
        fields["borrower_id"] = borrowers[row.values["borrower_ref"]]
        fields["product_id"] = products[row.values["product"]]
        if fields.get("original_maturity_on", 0) is None:
            fields["original_maturity_on"] = old["original_maturity_on"] if old else maturities[ref]
        if old is None:
            new.append({"ref": ref, **fields, "extra": row.extra | extras[ref]})
            continue
        if old["id"] in agreed:
            _hold_back(ref, old, fields, SET_BY_AGREEMENT, outcome)
        elif old["id"] in counted:
            lowered = {name for name in COUNTS if fields.get(name, old[name]) < old[name]}
            _hold_back(ref, old, fields, lowered, outcome)
        differing = outcome.compare(
            LOANS, ref, old, fields | {"extra": old["extra"] | row.extra | extras[ref]}
        )
        if differing:
            changed.append({"id": old["id"], **differing})
    _write(session, Loan, new, changed)
    outcome.added[LOANS.name] += len(new)
    on_tape = {row.values["loan_ref"] for row in tape.rows(LOANS)}
    for ref in sorted(existing.keys() - on_tape):
        outcome.note(LOANS, "loan_ref", "loan_gone", loan=ref)
    return {ref: key for ref, key in session.execute(select(Loan.ref, Loan.id)) if ref in on_tape}


def _hold_back(
    ref: str, old: dict[str, Any], fields: dict[str, Any], held: Set[str], outcome: Outcome
) -> None:
    """Take the fields in `held` out of the tape's and note those that differ from ours."""
    for name in sorted(held & fields.keys()):
        if fields[name] != old[name]:
            outcome.note(LOANS, name, "held_back", key=ref, field=name, new=fields[name], old=old[name])
        del fields[name]


def _extras(tape: Tape) -> dict[str, dict[str, Any]]:
    """The unknown columns of what belongs to a loan, by loan, file and the row's key within the loan."""
    extras: dict[str, dict[str, Any]] = defaultdict(dict)
    for file in (INSTALMENTS, PAYMENTS, CHARGES):
        for row in tape.rows(file):
            if row.extra:
                key = " ".join(str(row.values[name]) for name in file.key[1:])
                extras[row.values["loan_ref"]].setdefault(file.name, {})[key] = row.extra
    return extras


def _write(session: Session, table: Any, new: list[Any], changed: list[Any]) -> None:
    """Insert `new` and update `changed`, rows that change the same columns together."""
    insert_many(session, table, new)
    alike: dict[tuple[str, ...], list[Any]] = defaultdict(list)
    for row in changed:
        alike[tuple(sorted(row))].append(row)
    for rows in alike.values():
        session.execute(update(table), rows)
