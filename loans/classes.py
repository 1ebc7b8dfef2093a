"""Days past due and the five asset classes (五级分类), as pure functions of dates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

CLASSES = ("normal", "special_mention", "substandard", "doubtful", "loss")
CLASS_NAMES_ZH = dict(zip(CLASSES, ("正常", "关注", "次级", "可疑", "损失"), strict=True))

Floors = Sequence[tuple[int, str]]
"""The least class for more than so many days past due, the worst first."""

FIVE_CLASS_FLOORS: Floors = (
    (360, "loss"),
    (270, "doubtful"),
    (90, "substandard"),
    (0, "special_mention"),
)
"""商业银行金融资产风险分类办法 (2023 No. 1), in force since 2023-07-01."""


@dataclass(frozen=True)
class Pause:
    """Days that do not count towards delinquency, both ends inclusive. Raises ValueError when it ends too early."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError(f"the pause ends on {self.end}, before it starts on {self.start}")


def class_floor(days_past_due: int, floors: Floors = FIVE_CLASS_FLOORS) -> str:
    """The least asset class for whole days past due: 1-90 special mention, then >90, >270 and >360.

    Days count from the due date in the contract: grace and pauses do not improve a class. Raises ValueError
    for negative days.
    """
    if days_past_due < 0:
        raise ValueError(f"days past due are {days_past_due}; give 0 or more")
    return next((name for limit, name in floors if days_past_due > limit), CLASSES[0])


def asset_class(given: str, days_past_due: int) -> str:
    """The worse of the lender's own class and the floor; one that is none of the five is ignored."""
    floor = class_floor(days_past_due)
    return max(given, floor, key=CLASSES.index) if given in CLASSES else floor


def is_non_performing(name: str) -> bool:
    """Whether a class is substandard or worse (不良)."""
    return CLASSES.index(name) >= CLASSES.index("substandard")


def days_since_due(due_on: date | None, as_of: date) -> int:
    """Whole days past due: the first is the day after `due_on`, the oldest unpaid due date; None is nothing unpaid.

    Both are dates in the borrower's time zone.
    """
    return max(0, (as_of - due_on).days) if due_on else 0


def delinquent_days(
    due_on: date | None, as_of: date, grace_days: int = 0, pauses: Iterable[Pause] = ()
) -> int:
    """Days past due less the grace on arrears and the days paused, never below 0: what collection stages go by.

    A pause counts from its start to the earlier of its end and `as_of`, as far as that lies after `due_on`; the
    day it starts is still a day of delinquency (Apache Fineract, LoanDelinquencyDomainServiceImpl). A pause
    freezes the count, not interest or penalties. Raises ValueError for negative grace or overlapping pauses.
    """
    if grace_days < 0:
        raise ValueError(f"grace is {grace_days} days; give 0 or more")
    if due_on is None:
        return 0
    ordered = sorted(pauses, key=lambda pause: pause.start)
    for before, after in pairwise(ordered):
        if after.start <= before.end:
            raise ValueError(f"the pauses from {before.start} and from {after.start} overlap")
    paused = sum(max(0, (min(pause.end, as_of) - max(pause.start, due_on)).days) for pause in ordered)
    return max(0, days_since_due(due_on, as_of) - grace_days - paused)
