"""Relief for a loan in trouble: one file per kind, all from a `Position` and parameters to a `Proposal`."""

from loans.relief.errors import ReliefError
from loans.relief.position import Components, OpenInstalment, Position
from loans.relief.proposal import ENGINE_VERSION, NewRow, Proposal, annual_cost_pct
from loans.relief.registry import KINDS, compute

__all__ = [
    "ENGINE_VERSION",
    "KINDS",
    "Components",
    "NewRow",
    "OpenInstalment",
    "Position",
    "Proposal",
    "ReliefError",
    "annual_cost_pct",
    "compute",
]
