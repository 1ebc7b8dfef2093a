"""What a relief that cannot be computed says about the loan."""

from __future__ import annotations

import re

import pytest
from hypothesis import given

from loans.options import offers, option_for
from loans.relief import Position, ReliefError, compute
from policies.rulebook import load_rulebook
from tests.unit.relief_positions import loan
from tests.unit.relief_strategies import Request, positions, requests

ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@given(positions(), requests())
def test_days_are_written_as_people_write_them(position: Position, request: Request) -> None:
    try:
        compute(request[0], position, request[1])
    except ReliefError as error:
        assert not ISO_DAY.search(error.zh) and not ISO_DAY.search(error.en)


def test_a_matured_loan_says_so_when_the_new_date_is_not_after_today() -> None:
    position = loan(method="bullet", instalments=1, as_of="2025-08-20")
    with pytest.raises(ReliefError) as error:
        compute("extension", position, {"months": 3})
    assert error.value.code == "not_later"
    assert error.value.zh.startswith("这笔贷款已在2025年2月15日到期，新的还款日须在今天（2025年8月20日）之后")
    assert error.value.en.startswith(
        "this loan matured on 15 February 2025, so a new date has to come after today"
    )


def test_before_its_disbursement_a_loan_has_nothing_to_change() -> None:
    position = loan(as_of="2025-01-14")
    with pytest.raises(ReliefError) as error:
        compute("deferral", position, {"months": 2})
    assert error.value.code == "not_disbursed"
    assert "2025年1月15日" in error.value.zh and "15 January 2025" in error.value.en
    assert [option.error_code for option in offers(position, load_rulebook())] == ["not_disbursed"]
    on_the_day = option_for(loan(as_of="2025-01-15"), load_rulebook(), [("deferral", {"months": 2})])
    assert on_the_day.error_code is None
