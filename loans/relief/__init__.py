"""Relief for a loan in trouble: one file per kind, all from a `Position` and parameters to a `Proposal`."""

from loans.relief.errors import ReliefError
from loans.relief.position import Components, OpenCharge, OpenInstalment, Position
from loans.relief.proposal import (
    ENGINE_VERSION,
    ChargeWaiver,
    NewRow,
    Proposal,
    Step,
    annual_cost_pct,
    position_after,
)
from loans.relief.registry import KINDS, compute, compute_all
from loans.relief.terms import Terms
from policies.rules import Wanted

__all__ = [
    "ENGINE_VERSION",
    "KINDS",
    "ChargeWaiver",
    "Components",
    "NewRow",
    "OpenCharge",
    "OpenInstalment",
    "Position",
    "Proposal",
    "ReliefError",
    "Step",
    "Terms",
    "Wanted",
    "annual_cost_pct",
    "compute",
    "compute_all",
    "position_after",
]
