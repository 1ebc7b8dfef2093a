"""Checking a whole tape: rows against each other, schedules against their loans."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from loans.classes import CLASSES
from loans.tape.agreed import AgreedPlan, lines_of
from loans.tape.columns import BORROWERS, CHARGES, FILES, INSTALMENTS, LOANS, PAYMENTS, File
from loans.tape.faults import Fault, Note
from loans.tape.outcome import Tell
from loans.tape.reader import Row, Table, read_table


@dataclass
class Tape:
    """A tape as read and checked. Rows are kept by file name, in the order of the file."""

    tables: dict[str, Table]
    faults: list[Fault] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    skipped: list[Fault] = field(default_factory=list)

    def rows(self, file: File) -> list[Row]:
        return self.tables[file.name].rows

    def columns(self, file: File) -> frozenset[str]:
        return self.tables[file.name].columns

    def by_loan(self, file: File) -> dict[str, list[Row]]:
        grouped: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows(file):
            if "loan_ref" in row.values:
                grouped[row.values["loan_ref"]].append(row)
        return grouped


def read_tape(folder: Path, today: date, tell: Tell, agreed: Mapping[str, AgreedPlan] | None = None) -> Tape:
    """Read and check the tape in `folder`. `tell` is told each step as it begins.

    `agreed` are the plans agreed here, by loan: a tape may repeat one as it is, and its principal may be what was lent
    or what the agreed plan repays.
    """
    tables = {}
    for file in FILES:
        tell(file.name, 0, 1)
        tables[file.name] = read_table(folder, file)
    tell("checks", 0, 1)
    tape = Tape(tables)
    checks = _Checks(tape, agreed or {})
    checks.run(today)
    order = {file.name: at for at, file in enumerate(FILES)}
    for table in tables.values():
        tape.faults += table.faults
        tape.notes += table.notes
    tape.faults.sort(key=lambda fault: (order[fault.file], fault.line))
    tape.notes.sort(key=lambda note: (order[note.file], note.line))
    return tape


def keep_sound(tape: Tape) -> None:
    """Take every faulty row out; what depends on one falls too and is listed in `skipped`.

    A loan falls with its borrower, a loan and its schedule with each other, payments and charges with the loan.
    """
    bad_borrowers = _first_bad(tape.rows(BORROWERS), "borrower_ref", BORROWERS)
    unsound = _first_bad(tape.rows(LOANS), "loan_ref", LOANS)
    for row in tape.rows(LOANS):
        if (cause := bad_borrowers.get(row.values.get("borrower_ref"))) and not row.bad:
            _skip(tape, LOANS, row, cause, unsound)
    for ref, cause in _first_bad(tape.rows(INSTALMENTS), "loan_ref", INSTALMENTS).items():
        for row in tape.rows(LOANS):
            if row.values.get("loan_ref") == ref and not row.bad:
                _skip(tape, LOANS, row, cause, unsound)
    for file in (INSTALMENTS, PAYMENTS, CHARGES):
        for row in tape.rows(file):
            if (cause := unsound.get(row.values.get("loan_ref"))) and not row.bad:
                _skip(tape, file, row, cause, {})
    for table in tape.tables.values():
        table.rows = [row for row in table.rows if not row.bad]


def _first_bad(rows: Iterable[Row], key: str, file: File) -> dict[Any, tuple[str, int]]:
    """Map each reference that no sound row carries to the file and line of its first faulty row."""
    rows = list(rows)
    found: dict[Any, tuple[str, int]] = {}
    for row in rows:
        if row.bad and key in row.values:
            found.setdefault(row.values[key], (file.name, row.line))
    if file is not INSTALMENTS:
        for row in rows:
            if not row.bad:
                found.pop(row.values[key], None)
    return found


def _skip(
    tape: Tape, file: File, row: Row, cause: tuple[str, int], unsound: dict[Any, tuple[str, int]]
) -> None:
    row.bad = True
    ref = row.values[file.key[0]]
    unsound[ref] = cause
    tape.skipped.append(
        Fault(file.name, row.line, file.key[0], ref, "depends_on", {"where": cause[0], "on": cause[1]})
    )


class _Checks:
    """The checks that need more than one row. Each adds its faults to the table it is about."""

    def __init__(self, tape: Tape, agreed: Mapping[str, AgreedPlan]) -> None:
        self.tape = tape
        self.agreed = agreed
        self.firsts = {file.name: self._unique(file) for file in FILES}
        self.loans = {ref: row for (ref,), row in self.firsts[LOANS.name].items()}

    def run(self, today: date) -> None:
        self._borrowers()
        self._loans()
        self._schedules()
        self._payments(today)
        self._charges()

    def fault(self, file: File, row: Row, column: str, value: Any, code: str, **params: Any) -> None:
        row.bad = True
        self.tape.tables[file.name].faults.append(
            Fault(file.name, row.line, column, str(value), code, params)
        )

    def note(self, file: File, row: Row, column: str, code: str, **params: Any) -> None:
        self.tape.notes.append(Note(file.name, row.line, column, code, params))

    def _unique(self, file: File) -> dict[tuple[Any, ...], Row]:
        firsts: dict[tuple[Any, ...], Row] = {}
        for row in self.tape.rows(file):
            if not all(name in row.values for name in file.key):
                continue
            key = tuple(row.values[name] for name in file.key)
            first = firsts.setdefault(key, row)
            if first is not row:
                self.fault(file, row, file.key[-1], key[-1], "duplicate_key", first=first.line)
        return firsts

    def _refers(self, file: File, row: Row, target: File) -> Row | None:
        """Return the row another one refers to; one into an unreadable file is not judged."""
        column = target.key[0]
        if column not in row.values:
            return None
        found = self.firsts[target.name].get((row.values[column],))
        if found is None and self.tape.tables[target.name].readable and not row.bad:
            self.fault(file, row, column, row.values[column], "unknown_reference", where=target.name)
        return found

    def _borrowers(self) -> None:
        chats: dict[str, Row] = {}
        for row in self.tape.rows(BORROWERS):
            telegram = row.values.get("telegram_id")
            if not telegram or row.bad:
                continue
            first = chats.setdefault(telegram, row)
            if first is not row:
                self.fault(BORROWERS, row, "telegram_id", telegram, "shared_telegram", first=first.line)

    def _loans(self) -> None:
        orders: dict[str, Row] = {}
        for row in self.tape.rows(LOANS):
            self._refers(LOANS, row, BORROWERS)
            if row.bad:
                continue
            values = row.values
            if values["first_due_on"] < values["disbursed_on"]:
                disbursed_on = values["disbursed_on"]
                self.fault(
                    LOANS,
                    row,
                    "first_due_on",
                    values["first_due_on"],
                    "first_due_too_early",
                    disbursed_on=disbursed_on,
                )
            maturity, first_due_on = values["original_maturity_on"], values["first_due_on"]
            if maturity and maturity < first_due_on:
                self.fault(
                    LOANS,
                    row,
                    "original_maturity_on",
                    maturity,
                    "maturity_too_early",
                    first_due_on=first_due_on,
                )
            if values["allocation"]:
                first = orders.setdefault(values["product"], row)
                if first.values["allocation"] != values["allocation"]:
                    self.fault(
                        LOANS, row, "allocation", values["allocation"], "product_disagrees", first=first.line
                    )
            if values["class"] and values["class"] not in CLASSES:
                self.note(LOANS, row, "class", "unknown_class")

    def _schedules(self) -> None:
        for row in self.tape.rows(INSTALMENTS):
            self._refers(INSTALMENTS, row, LOANS)
        plans = self.tape.by_loan(INSTALMENTS)
        for ref, loan in self.loans.items():
            plan = plans.get(ref, [])
            if loan.bad:
                continue
            if not plan:
                if self.tape.tables[INSTALMENTS.name].readable:
                    self.fault(LOANS, loan, "loan_ref", ref, "no_instalments")
            elif not any(row.bad for row in plan):
                self._schedule(ref, loan, sorted(plan, key=lambda row: row.values["number"]))

    def _schedule(self, ref: str, loan: Row, plan: list[Row]) -> None:
        agreed = self.agreed.get(ref)
        if agreed is not None and tuple(lines_of(plan)) == agreed.lines:
            return
        disbursed_on = loan.values["disbursed_on"]
        previous: date | None = None
        for wanted, row in enumerate(plan, start=1):
            number, due_on = row.values["number"], row.values["due_on"]
            if number != wanted:
                self.fault(INSTALMENTS, row, "number", number, "number_gap", wanted=wanted)
                return
            if due_on < disbursed_on:
                self.fault(
                    INSTALMENTS, row, "due_on", due_on, "due_before_disbursement", disbursed_on=disbursed_on
                )
            elif previous and due_on <= previous:
                self.fault(INSTALMENTS, row, "due_on", due_on, "due_out_of_order", previous=previous)
            previous = due_on
        if any(row.bad for row in plan):
            return
        total = sum((row.values["principal"] for row in plan), Decimal(0))
        principal = loan.values["principal"]
        right = (principal, agreed.lent, agreed.principal) if agreed else (principal,)
        if total not in right and self.tape.tables[INSTALMENTS.name].readable:
            lines = [row.line for row in plan]
            self.fault(
                INSTALMENTS,
                max(plan, key=lambda row: row.line),
                "principal",
                total,
                "principal_mismatch",
                lines=f"{min(lines)}-{max(lines)}",
                total=total,
                principal=principal,
                loan=ref,
                loan_line=loan.line,
            )
        first_due_on, due_on = loan.values["first_due_on"], plan[0].values["due_on"]
        if first_due_on != due_on:
            self.note(
                LOANS,
                loan,
                "first_due_on",
                "first_due_differs",
                loan=ref,
                due_on=due_on,
                first_due_on=first_due_on,
            )

    def _payments(self, today: date) -> None:
        for row in self.tape.rows(PAYMENTS):
            loan = self._refers(PAYMENTS, row, LOANS)
            if row.bad or loan is None:
                continue
            paid_on, disbursed_on = row.values["paid_on"], loan.values.get("disbursed_on")
            if disbursed_on and paid_on < disbursed_on:
                self.fault(
                    PAYMENTS, row, "paid_on", paid_on, "paid_before_disbursement", disbursed_on=disbursed_on
                )
            elif paid_on > today:
                self.note(PAYMENTS, row, "paid_on", "paid_in_future")

    def _charges(self) -> None:
        for row in self.tape.rows(CHARGES):
            self._refers(CHARGES, row, LOANS)
            if not row.bad and row.values["paid"] > row.values["amount"]:
                amount = row.values["amount"]
                self.fault(CHARGES, row, "paid", row.values["paid"], "paid_more_than_due", amount=amount)
