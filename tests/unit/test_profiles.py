"""What a bank's and a UK lender's rulebooks decide otherwise than a microcredit company's: the rules are data."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from policies.relief import Decision
from policies.rulebook import FOLDER, load_rulebook
from tests.support.rules import asking, decide, refusing

BANK = load_rulebook(FOLDER / "cn_bank.yml")
UK = load_rulebook(FOLDER / "uk_lender.yml")
SETTLEMENT = ("settlement", {"principal_pct": "100", "instalments": 12})


def uk(*wanted: tuple[str, dict[str, Any]], **facts: Any) -> Decision:
    """What the UK lender decides, on a loan in pounds."""
    return decide(*wanted, rulebook=UK, currency="GBP", **facts)


def test_a_bank_keeps_to_the_products_longest_term() -> None:
    over = decide(
        ("extension", {"months": 2}), rulebook=BANK, term_months=24, here={"product_max_term_months": 25}
    )
    assert refusing(over) == ["relief.product_term"]
    assert over.nearest == (("extension", {"months": 1}),)


@pytest.mark.parametrize(("relieved", "level"), [("23891.98", None), ("23891.99", "head_office")])
def test_a_branch_gives_relief_to_a_tenth_of_its_book(relieved: str, level: str | None) -> None:
    here = {
        "branch_relieved_amount": Decimal(relieved),
        "branch_outstanding_amount": Decimal("1000000.00"),
    }
    assert decide(("extension", {"months": 2}), rulebook=BANK, here=here).approval_level == level
    assert BANK.looks_at_branch and not UK.looks_at_branch


def test_a_bank_settles_late_and_forgives_no_principal() -> None:
    bad = {"class_floor": "doubtful"}
    assert decide(SETTLEMENT, rulebook=BANK, here=bad, days_past_due=180).allowed
    assert refusing(decide(SETTLEMENT, rulebook=BANK, here=bad, days_past_due=179)) == [
        "settlement.days_past_due"
    ]
    part = ("settlement", {"principal_pct": "90", "instalments": 12})
    forgiving = decide(part, rulebook=BANK, here=bad, days_past_due=200)
    assert refusing(forgiving) == ["settlement.principal"] and forgiving.nearest == (SETTLEMENT,)


def test_a_bank_waives_penalties_only_with_an_approval() -> None:
    does = {"waived": {"penalty": Decimal("0.01")}}
    assert decide(("waive", {"penalty": "100"}), rulebook=BANK, does=does).approval_level == "branch"


def test_in_the_uk_no_limit_depends_on_the_original_term() -> None:
    longer = uk(("extension", {"months": 12}), term_months=6, prior_extension_months=6)
    assert longer.allowed and longer.approval_level is None
    assert uk(("reamortise", {"instalments": 33}), term_months=6).approval_level == "adviser"


def test_in_the_uk_nobody_is_led_to_borrow_in_order_to_pay() -> None:
    refused = uk(("renewal", {"months": 12}))
    assert refusing(refused) == ["relief.no_new_debt"] and refused.nearest is None


def test_in_the_uk_a_debt_adviser_is_heard_first() -> None:
    assert asking(uk(("reamortise", {"instalments": 12}), here={"tags": ("debt_adviser",)})) == [
        "relief.debt_adviser"
    ]


def test_in_the_uk_reliefs_for_the_long_overdue_stay_open() -> None:
    assert uk(("reamortise", {"instalments": 12}), days_past_due=200).allowed
    assert not decide(("reamortise", {"instalments": 12}), days_past_due=200).allowed


def test_a_rulebook_of_another_currency_asks_its_highest_level() -> None:
    assert decide(("extension", {"months": 1}), rulebook=UK).approval_level == "head_of_support"
