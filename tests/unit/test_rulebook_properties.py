"""What must hold of every decision of every rulebook, on any loan and any request."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import assume, given
from hypothesis import strategies as st

from loans.options import Option, option_for
from loans.relief import Position
from policies.facts import Circumstances
from policies.names import ASSET_CLASSES
from policies.rulebook import FOLDER, load_rulebook
from tests.unit.relief_strategies import COMBINATIONS, Request, positions, requests

RULEBOOKS = {path.stem: load_rulebook(path) for path in sorted(FOLDER.glob("*.yml"))}
PROFILES = st.sampled_from(sorted(RULEBOOKS))
WISHES = st.one_of(requests().map(lambda request: [request]), COMBINATIONS)
NAMES = st.lists(
    st.sampled_from(["fraud_suspected", "court_case", "misuse_of_loan", "medium_firm", "x"])
).map(tuple)
CIRCUMSTANCES = st.builds(
    Circumstances,
    reason=st.sampled_from([None, "illness", "lower_income"]),
    tags=NAMES,
    signals=NAMES,
    class_floor=st.sampled_from(["", *ASSET_CLASSES]),
    product_max_term_months=st.none() | st.integers(1, 120),
    watch_until=st.none() | st.just(date(2025, 6, 1)),
    branch_relieved_amount=st.none() | st.just(Decimal("1000.00")),
    branch_outstanding_amount=st.none() | st.just(Decimal("90000.00")),
)


def decided(position: Position, profile: str, wish: list[Request], here: Circumstances) -> Option:
    """The option for a wish; no example when the loan makes no sense of it."""
    option = option_for(position, RULEBOOKS[profile], wish, here)
    assume(option.decision is not None)
    return option


@given(positions(), PROFILES, WISHES, CIRCUMSTANCES)
def test_every_rule_says_why_in_both_languages(
    position: Position, profile: str, wish: list[Request], here: Circumstances
) -> None:
    decision = decided(position, profile, wish, here).decision
    assert decision is not None
    for result in decision.results:
        for reason in (result.reason_zh, result.reason_en):
            assert reason and "{" not in reason and "None" not in reason
        assert all(isinstance(value, str) for value in result.inputs.values())
    assert decision.effects is not None
    for language in ("zh", "en"):
        assert all(decision.effects.words(language))


@given(positions(), PROFILES, WISHES, CIRCUMSTANCES)
def test_a_decision_is_what_its_rules_say(
    position: Position, profile: str, wish: list[Request], here: Circumstances
) -> None:
    decision = decided(position, profile, wish, here).decision
    assert decision is not None
    levels = [level.id for level in RULEBOOKS[profile].levels]
    asked = {result.needs for result in decision.results}
    assert decision.allowed is all(result.allowed for result in decision.results)
    assert decision.needs_approval is ("approval" in asked)
    assert decision.approval_level is None or decision.approval_level in levels
    assert bool(decision.consents_needed) is ("consent" in asked)
    assert decision.nearest is None or not decision.allowed


@given(positions(), PROFILES, WISHES, CIRCUMSTANCES)
def test_what_is_nearest_asks_for_less_until_the_rules_it_was_made_for_no_longer_refuse(
    position: Position, profile: str, wish: list[Request], here: Circumstances
) -> None:
    option = option_for(position, RULEBOOKS[profile], wish, here)
    refusing, tried = refused_by(option), [option.steps]
    while (
        option.decision is not None and option.decision.nearest is not None and refusing & refused_by(option)
    ):
        nearest = option.decision.nearest
        assert {kind for kind, _ in nearest} <= {kind for kind, _ in wish} | {"reamortise"}
        option = option_for(position, RULEBOOKS[profile], nearest, here)
        assert option.steps not in tried and len(tried) < 10
        tried.append(option.steps)
        refusing &= refused_by(option) if option.decision is not None else set()


def refused_by(option: Option) -> set[str]:
    """The rules that refuse an option; none when the loan's state makes no sense of it."""
    return {result.id for result in option.decision.refusals} if option.decision is not None else set()
