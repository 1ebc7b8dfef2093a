"""Options: a few allowed ones in the rulebook's order, each with one true sentence, or the reasons for none."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loans.options import Option, answers, nearest_option, offers, option_for
from loans.relief import Wanted
from policies import wording
from policies.facts import Circumstances
from policies.rulebook import load_rulebook
from tests.unit.relief_positions import loan

RULEBOOK = load_rulebook()


def kinds(options: list[Option]) -> list[str]:
    """The kinds offered, in order."""
    return [option.kind for option in options]


def test_two_more_months_gives_three_options_with_exact_figures() -> None:
    options = offers(loan(paid=3), RULEBOOK, requested=2)
    assert kinds(options) == ["extension", "deferral", "interest_only"]
    assert all(option.allowed for option in options)
    assert options[0].summary_zh == (
        "把这一期推迟到2025年7月15日：下一次还款是2025年6月15日的8,884.88元，2025年7月15日要还17,932.24元，"
        "最后还款日是2026年1月15日，利息总共多付162.48元。"
    )
    assert options[0].summary_en == (
        "Move this instalment to 15 July 2025: the next payment is ¥8,884.88 on 15 June 2025, "
        "¥17,932.24 is due on 15 July 2025, "
        "the last is on 15 January 2026, and you pay ¥162.48 more interest in all."
    )


def test_the_reason_decides_the_order() -> None:
    assert kinds(offers(loan(paid=3), RULEBOOK, 2, Circumstances(reason="illness")))[0] == "deferral"
    assert (
        kinds(offers(loan(paid=3), RULEBOOK, 2, Circumstances(reason="lower_income")))[0] == "interest_only"
    )


def test_a_bullet_loan_is_offered_a_later_maturity_first() -> None:
    options = offers(loan(method="bullet", paid=11, as_of="2026-01-01"), RULEBOOK, 2)
    assert kinds(options) == ["extension", "reamortise", "deferral"]
    assert options[0].summary_en.startswith("Move the maturity to 15 March 2026: ")


def test_of_reliefs_too_long_together_the_longer_is_shortened_and_the_other_stays() -> None:
    position = loan(paid=3)
    asked: list[Wanted] = [("deferral", {"months": 6}), ("reamortise", {"instalments": 18})]
    refused = option_for(position, RULEBOOK, asked)
    assert not refused.allowed and refused.decision is not None
    assert "relief.cumulative_extension" in {result.id for result in refused.decision.refusals}
    nearest = nearest_option(position, RULEBOOK, refused)
    assert nearest is not None and nearest.proposal is not None and nearest.adjusted
    assert (nearest.params["deferral.months"], nearest.params["reamortise.instalments"]) == (6, 15)
    assert nearest.proposal.extension_months == 12


def test_two_kinds_with_the_same_rows_are_offered_once() -> None:
    options = offers(loan(instalments=1, method="annuity", as_of="2025-02-01"), RULEBOOK, 2)
    rows = [
        [(row.due_on, row.amounts) for row in option.proposal.to_pay] for option in options if option.proposal
    ]
    assert len(rows) == len(options)
    assert all(mine != other for index, mine in enumerate(rows) for other in rows[:index])


def test_more_months_than_allowed_become_the_most_that_is() -> None:
    first = offers(loan(paid=3), RULEBOOK, 12)[0]
    assert first.allowed and first.adjusted
    assert first.params == {"months": 6}


def test_when_nothing_is_allowed_every_refusal_says_why() -> None:
    options = offers(loan(paid=3, as_of="2025-09-01"), RULEBOOK, 2)
    assert options and not any(option.allowed for option in options)
    for option in options:
        assert "90天" in option.summary_zh
        assert "90 days" in option.summary_en


def test_a_repaid_loan_is_told_so() -> None:
    options = offers(loan(paid=12), RULEBOOK, 2)
    assert [option.error_code for option in options] == ["closed_loan"]
    assert not options[0].allowed


def test_consents_and_approval_come_with_the_option() -> None:
    option = offers(loan(paid=3, state={"guarantor": True}), RULEBOOK, 4)[0]
    assert option.decision is not None
    assert option.decision.consents_needed == ("guarantor",)
    assert option.decision.needs_approval


def test_wishes_are_answered_in_their_order_and_each_refusal_is_kept_with_the_nearest_in_its_place() -> None:
    wishes: list[list[Wanted]] = [
        [("affordable", {"pay": "100"})],
        [("extension", {"months": 9})],
        [("move_due_date", {"day": 20})],
    ]
    allowed, refused = answers(loan(paid=3), RULEBOOK, wishes)
    assert [(option.kind, option.adjusted) for option in allowed] == [
        ("extension", True),
        ("move_due_date", False),
    ]
    assert [option.kind for option in refused] == ["affordable", "extension"]
    assert refused[0].error_code == "below_floor" and refused[1].decision is not None
    assert all(option.summary_zh and option.summary_en for option in refused)


def test_a_wish_that_comes_to_the_same_rows_as_another_is_offered_once_and_never_more_than_three() -> None:
    wishes: list[list[Wanted]] = [[("extension", {"months": months})] for months in (1, 1, 2, 3, 4)]
    allowed, refused = answers(loan(paid=3), RULEBOOK, wishes)
    assert [option.params["months"] for option in allowed] == [1, 2, 3] and refused == []


def test_a_payment_too_small_for_the_rules_becomes_the_longest_plan_they_allow() -> None:
    [nearest], [refused] = answers(loan(paid=3), RULEBOOK, [[("affordable", {"pay": "3000"})]])
    assert not refused.allowed and nearest.kind == "reamortise" and nearest.adjusted


def test_one_option_by_name_with_defaults() -> None:
    option = option_for(loan(paid=3), RULEBOOK, [("deferral", {"months": "3"})])
    assert option.allowed
    assert option.params == {"months": 3, "interest": "simple", "term": "extend", "placement": "spread"}
    assert option_for(loan(paid=3), RULEBOOK, [("gift", {})]).error_code == "unknown_kind"


@pytest.mark.parametrize(
    ("kind", "params", "zh", "en"),
    [
        (
            "deferral",
            {"months": 1, "term": "keep"},
            "暂停还款1个月，到期日不变",
            "for 1 month and keep the end date",
        ),
        ("interest_only", {"months": 3, "term": "extend"}, "3个月只还利息", "Pay only interest for 3 months"),
        ("reamortise", {"instalments": 12}, "分成12期", "over 12 instalments"),
    ],
)
def test_each_kind_has_its_own_words(kind: str, params: dict[str, Any], zh: str, en: str) -> None:
    option = option_for(loan(paid=3), RULEBOOK, [(kind, params)])
    assert zh in option.summary_zh and en in option.summary_en


@given(
    paid=st.integers(0, 11),
    late=st.integers(-20, 100),
    requested=st.none() | st.integers(1, 24),
    method=st.sampled_from(["annuity", "equal_principal", "bullet"]),
    rate=st.decimals("0", "30", places=2),
)
def test_offers_are_few_allowed_and_true(
    paid: int, late: int, requested: int | None, method: str, rate: Decimal
) -> None:
    position = loan(paid=paid, method=method, annual_rate_pct=str(rate))
    due = position.unpaid[0].due_on
    position = loan(
        paid=paid,
        method=method,
        annual_rate_pct=str(rate),
        as_of=due.fromordinal(due.toordinal() + late).isoformat(),
    )
    options = offers(position, RULEBOOK, requested)
    assert options
    assert len({option.allowed for option in options}) == 1
    if not options[0].allowed:
        assert all(option.summary_zh and option.summary_en for option in options)
        return
    assert len(options) <= 3
    for option in options:
        proposal = option.proposal
        assert proposal is not None
        for language, summary in (("zh", option.summary_zh), ("en", option.summary_en)):
            assert wording.money(proposal.next_amount, "CNY", language) in summary
            assert wording.day(proposal.next_due_on, language) in summary
            assert wording.day(proposal.new_maturity, language) in summary
