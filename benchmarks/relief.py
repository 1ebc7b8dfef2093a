"""Relief: one option of each kind beside two float libraries, all options of a loan book, and how both grow.

    python -m benchmarks.relief [--loans 10000] [--processes 2]

One option is everything a quote is made of but the yearly cost: the rows, the rulebook's decision with its reasons,
and the sentences in both languages, for a loan of 60 instalments with 10 paid. The libraries compute the plain annuity
of 60 instalments in floats, without dates or rounding; `amortise` computes it in exact money on real dates. The book is
the sample's, in SQLite: each process reads its open loans from there and computes the options of every borrower.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy
import numpy_financial
import pyxirr
from rich.progress import track
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from loans.calendar import MONTHLY, due_dates
from loans.circumstances import branch_sums, known_circumstances
from loans.contract import Contract, amortise
from loans.models import Loan, Schedule
from loans.options import offers, option_for
from loans.positions import position_of
from loans.relief import KINDS, Position, compute
from loans.sample import SampleSize, write_sample
from loans.tape.load import import_tape
from policies.facts import Circumstances
from policies.rulebook import rulebook
from storage.engine import Database
from storage.migrate import upgrade
from tests.unit.relief_positions import loan

NOW = datetime(2026, 11, 20, 1, tzinfo=UTC)
ROUNDS = 200
AT_ONCE = 250
PARAMS: Mapping[str, Mapping[str, Any]] = {
    "affordable": {"pay": "2000"},
    "move_due_date": {"day": 20},
    "partial_payment": {"pay": "1000", "months": 3},
    "reamortise": {"instalments": 60},
    "reduce_rate": {"annual_rate_pct": "9"},
    "settlement": {"interest_pct": 100, "instalments": 6},
    "waive": {"penalty": 100},
}
"""What a kind is asked for with, beside the rulebook's defaults."""
Work = Callable[[], object]
Sums = Mapping[tuple[str, str], tuple[Decimal, Decimal]]


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which `share` of `values` lie."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def timed(*works: Work) -> list[list[float]]:
    """Return the milliseconds of processor time of each work, `ROUNDS` times, taking turns: drift hits all alike."""
    spent: list[list[float]] = [[] for _ in works]
    for _ in range(ROUNDS):
        for index, work in enumerate(works):
            began = time.process_time()
            work()
            spent[index].append((time.process_time() - began) * 1000)
    return spent


def a_loan(kind: str, instalments: int = 60) -> Position:
    """A loan with one instalment overdue and a penalty on it; of the kind that can be renewed, for a renewal."""
    paid = instalments // 6
    return loan(
        instalments=instalments,
        method="bullet" if kind == "renewal" else "annuity",
        paid=paid,
        penalty_on=(paid + 1,),
        as_of=due_dates(date(2025, 2, 15), paid + 1, MONTHLY)[-1].replace(day=20).isoformat(),
        state={"term_months": instalments},
    )


def kinds() -> None:
    """Print what one option of each kind takes."""
    print(f"one option, 60 instalments, {ROUNDS} times; milliseconds of processor time")
    print(f"{'':20}{'rows alone':>20}{'with rules and words':>24}")
    print(f"{'':20}{'median':>12}{'p95':>8}{'median':>16}{'p95':>8}")
    for kind in KINDS:
        rows, option = timed(*works(kind))
        figures = [statistics.median(rows), percentile(rows, 0.95), statistics.median(option)]
        print("{:20}{:12.2f}{:8.2f}{:16.2f}{:8.2f}".format(kind, *figures, percentile(option, 0.95)))


def works(kind: str) -> tuple[Work, Work]:
    """The rows of one relief, and the whole option; on a loan of which nothing has been counted yet."""
    position, params = a_loan(kind), rulebook().params_for(kind, PARAMS.get(kind, {}))
    return (
        lambda: compute(kind, replace(position), params),
        lambda: option_for(replace(position), rulebook(), [(kind, params)]),
    )


def peers() -> None:
    """Print what the plain annuity takes here and in two libraries that compute it in floats."""
    contract, dates = Contract(Decimal(12)), due_dates(date(2025, 2, 15), 60, MONTHLY)
    periods = numpy.arange(1, 61)

    def with_numpy() -> object:
        interest = numpy_financial.ipmt(0.01, periods, 60, -100000)
        return interest, numpy_financial.ppmt(0.01, periods, 60, -100000)

    def with_pyxirr() -> object:
        return [
            (pyxirr.ipmt(0.01, period, 60, -100000), pyxirr.ppmt(0.01, period, 60, -100000))
            for period in range(1, 61)
        ]

    ours, theirs, others = timed(
        lambda: amortise(Decimal(100000), date(2025, 1, 15), dates, contract), with_numpy, with_pyxirr
    )
    print(
        "\nthe plain annuity of 60 instalments; milliseconds, median, and how many times the peer's ours is"
    )
    for name, spent in (("ours, exact, dated", ours), ("numpy-financial", theirs), ("pyxirr", others)):
        median = statistics.median(spent)
        print(f"{name:20}{median:10.3f}{statistics.median(ours) / median:8.2f}")


def growth() -> None:
    """Print what all options of one loan take as its instalments grow in number."""
    loans = [a_loan("any", instalments) for instalments in (12, 60, 120, 360)]
    spent = timed(*(all_options(position) for position in loans))
    print("\nall options of one loan, by its instalments; milliseconds, median")
    for position, each in zip(loans, spent, strict=True):
        count, median = len(position.instalments), statistics.median(each)
        print(f"{count:20}{median:10.2f}{median / count * 1000:10.1f} µs an instalment")


def all_options(position: Position) -> Work:
    """All options of a loan of which nothing has been counted yet."""
    return lambda: offers(replace(position), rulebook(), 2)


def make_book(url: str, folder: Path, loans: int) -> list[int]:
    """Load the sample's book and return the ids of its open loans, about `loans` of them."""
    upgrade(url)
    write_sample(folder, SampleSize(borrowers=round(loans / 0.9)), NOW.date())
    database = Database(url)
    outcome = import_tape(database, folder, NOW)
    if outcome.faults:
        raise SystemExit(f"the sample has faults: {outcome.faults[:3]}")
    with database.read() as session:
        ids = session.scalars(select(Loan.id).where(Loan.status == "active").order_by(Loan.id)).all()
    database.close()
    return list(ids)[:loans]


def options_of(url: str, sums: Sums, ids: Sequence[int]) -> tuple[int, float, float]:
    """Compute the options of some loans: how many, and the processor's seconds on them alone and on everything."""
    began, count, spent = time.process_time(), 0, 0.0
    database = Database(url)
    with database.read() as session:
        for position, circumstances in read(session, sums, ids):
            before = time.process_time()
            count += len(offers(position, rulebook(), 2, circumstances))
            spent += time.process_time() - before
    database.close()
    return count, spent, time.process_time() - began


def read(session: Session, sums: Sums, ids: Sequence[int]) -> Iterator[tuple[Position, Circumstances]]:
    """Read some loans with what the rules look at."""
    of_borrowers = (joinedload(Loan.borrower), joinedload(Loan.product), selectinload(Loan.charges))
    loans = session.scalars(select(Loan).where(Loan.id.in_(ids)).options(*of_borrowers))
    by_id = {each.id: each for each in loans}
    in_force = select(Schedule).where(Schedule.status == "active", Schedule.loan_id.in_(ids))
    for schedule in session.scalars(in_force.options(selectinload(Schedule.instalments))):
        of = by_id[schedule.loan_id]
        position = position_of(of, schedule, NOW.date())
        relieved, outstanding = sums.get((of.branch, of.currency), (None, None))
        yield (
            position,
            known_circumstances(of, position.days_past_due, relieved=relieved, outstanding=outstanding),
        )


def book(loans: int, processes: int) -> None:
    """Print what all options of a book take, a quarter of it, a half and the whole."""
    with tempfile.TemporaryDirectory() as folder:
        url = os.environ.get("TIDEOVER_BENCH_DATABASE_URL") or f"sqlite:///{Path(folder) / 'bench.db'}"
        print(f"\nloading a book of {loans} open loans …", flush=True)
        ids = make_book(url, Path(folder) / "tape", loans)
        database = Database(url)
        with database.read() as session:
            sums = branch_sums(session)
        database.close()
        with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
            list(pool.map(options_of, [url] * processes, repeat(sums), repeat(ids[:1])))  # all started
            print(
                f"all options of a book, {processes} processes, read from the database, with rules and words"
            )
            for share in (4, 2, 1):
                some = ids[: len(ids) // share]
                chunks = [some[start : start + AT_ONCE] for start in range(0, len(some), AT_ONCE)]
                began = time.perf_counter()
                results = pool.map(options_of, repeat(url), repeat(sums), chunks)
                done = list(track(results, description="options 方案", total=len(chunks)))
                took = time.perf_counter() - began
                options, alone, all_in_all = (sum(each) for each in zip(*done, strict=True))
                print(
                    f"{len(some):8} loans{options:9} options{took:8.1f} s{len(some) / took:8.0f} loans/s; processor "
                    f"{all_in_all / len(some) * 1000:.2f} ms a loan, {alone / len(some) * 1000:.2f} of it the options"
                )


def main() -> None:
    """Run all parts and print their figures."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--loans", type=int, default=10000)
    arguments.add_argument("--processes", type=int, default=2)
    given = arguments.parse_args()
    kinds()
    peers()
    growth()
    book(given.loans, given.processes)


if __name__ == "__main__":
    main()
