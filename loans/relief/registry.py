"""Every relief kind by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from loans.relief import deferral, extension, interest_only, reamortise
from loans.relief.errors import ReliefError
from loans.relief.position import Position
from loans.relief.proposal import Proposal

Compute = Callable[[Position, Mapping[str, Any]], Proposal]

KINDS: Mapping[str, Compute] = {
    module.KIND: module.compute for module in (extension, deferral, interest_only, reamortise)
}


def compute(kind: str, position: Position, params: Mapping[str, Any]) -> Proposal:
    """The proposal of relief `kind` for a loan. Raises ReliefError, also for an unknown kind."""
    if kind not in KINDS:
        known = "、".join(KINDS), ", ".join(KINDS)
        raise ReliefError(
            "unknown_kind", f"不支持 {kind}；可用：{known[0]}", f"{kind} is unknown; use {known[1]}"
        )
    return KINDS[kind](position, params)
