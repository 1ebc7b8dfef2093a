from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.entities import Unclear
from policies.wording import SYMBOLS, day, money
from tests.support.entity_tables import NOW, in_words, read, table

TABLE = table("entities")
ROWS = [(language, row[0], row[1:]) for language in ("zh", "en") for row in TABLE[language]]
CURRENCIES = (*SYMBOLS, "MYR", "NGN", "KES", "IDR", "THB", "VND", "GHS", "ZAR", "JPY", "AUD")


@pytest.mark.parametrize(("language", "text", "expected"), ROWS, ids=[f"{row[0]}: {row[1]}" for row in ROWS])
def test_it_reads_the_table(language: str, text: str, expected: list[str]) -> None:
    assert [in_words(entity) for entity in read(text, language)] == expected


def test_the_table_has_both_languages() -> None:
    assert min(len(TABLE["zh"]), len(TABLE["en"])) >= 75


def test_values_have_the_shapes_commands_show() -> None:
    amount, duration, pay_on = read("还三千五，缓两个月，到12月5号")
    assert amount.as_json() == {
        "type": "amount", "text": "三千五", "value": {"amount": "3500.00", "currency": "CNY"},
    }  # fmt: skip
    assert duration.as_json() == {"type": "duration", "text": "两个月", "value": {"n": 2, "unit": "month"}}
    assert pay_on.as_json() == {"type": "date", "text": "12月5号", "value": "2026-12-05"}


def test_an_unclear_phrase_has_a_reason_and_no_value() -> None:
    (payday,) = read("发工资那天")
    assert (payday.value, payday.unclear) == (None, Unclear.PAYDAY)


def test_the_25th_is_today_on_the_25th_and_next_month_on_the_26th() -> None:
    on_the_day = datetime.fromisoformat("2026-11-25T09:00:00+08:00")
    day_after = datetime.fromisoformat("2026-11-26T09:00:00+08:00")
    assert read("25号还", now=on_the_day)[0].value == "2026-11-25"
    assert read("25号还", now=day_after)[0].value == "2026-12-25"


def test_today_is_the_borrowers_day_not_utc() -> None:
    late_in_london = datetime.fromisoformat("2026-11-18T20:00:00+00:00")
    assert read("明天", now=late_in_london)[0].value == "2026-11-20"


def test_next_friday_is_in_the_following_week() -> None:
    on_sunday = datetime.fromisoformat("2026-11-22T09:00:00+08:00")
    assert read("下周五", now=on_sunday)[0].value == "2026-11-27"
    assert read("next Friday", "en", now=on_sunday)[0].value == "2026-11-27"


def test_the_end_of_february_knows_leap_years() -> None:
    assert read("月底", now=datetime.fromisoformat("2028-02-10T09:00:00+08:00"))[0].value == "2028-02-29"


def test_the_29th_of_february_waits_for_the_leap_year() -> None:
    january = datetime.fromisoformat("2028-01-10T09:00:00+08:00")
    assert read("2月29号", now=january)[0].value == "2028-02-29"


@pytest.mark.parametrize(
    ("text", "loan_currency", "meant"),
    [
        ("$200", "SGD", "SGD"),
        ("$200", "CNY", "USD"),
        ("两百块", "HKD", "HKD"),
        ("Rs 200", "PKR", "PKR"),
        ("200", "PHP", "PHP"),
    ],
)
def test_a_general_word_for_money_means_the_loans_currency(text: str, loan_currency: str, meant: str) -> None:
    (amount,) = read(text, currency=loan_currency)
    assert amount.value == {"amount": "200.00", "currency": meant}


def test_a_clock_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        read("明天", now=NOW.replace(tzinfo=None))


@given(st.text(max_size=200), st.sampled_from(("zh", "en")))
def test_any_text_resolves_without_overlap(text: str, language: str) -> None:
    entities = read(text, language)
    assert all(text[entity.start : entity.end] == entity.text for entity in entities)
    assert all((entity.value is None) == (entity.unclear is not None) for entity in entities)
    assert all(left.end <= right.start for left, right in pairwise(entities))


@given(
    st.text(alphabet="0123456789.,/-元块千百万十一二三两个月日号年天周下过后kw不是零点半多几 $", max_size=40)
)
def test_any_jumble_of_numbers_resolves(text: str) -> None:
    for entity in read(text):
        if entity.type == "amount" and isinstance(entity.value, dict):
            assert Decimal(entity.value["amount"]) >= 0


@given(st.decimals(min_value=Decimal("100"), max_value=Decimal("99999999"), places=2))
def test_every_written_amount_is_read_back_exactly(amount: Decimal) -> None:
    for written in (f"还{amount}元", f"¥{amount:,}", f"I can pay {amount}"):
        (entity,) = read(written)
        assert entity.value == {"amount": str(amount), "currency": "CNY"}


@given(
    st.decimals(min_value=Decimal("0.01"), max_value=Decimal("999999999.99"), places=2),
    st.sampled_from(CURRENCIES),
    st.sampled_from(("zh", "en")),
)
def test_every_amount_is_read_back_as_the_bot_writes_it(
    amount: Decimal, currency: str, language: str
) -> None:
    (entity,) = read(money(amount, currency, language), language, currency=currency)
    assert entity.value == {"amount": str(amount), "currency": currency}


@given(st.dates(min_value=date(2000, 1, 1), max_value=date(2099, 12, 31)), st.sampled_from(("zh", "en")))
def test_every_day_is_read_back_as_the_bot_writes_it(pay_on: date, language: str) -> None:
    (entity,) = read(day(pay_on, language), language)
    assert entity.value == pay_on.isoformat()
