import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.redaction import redact

NAMES = ["王小明", "陈大文", "Priya Sharma", "Will Tan"]


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("打13812345678找我", "打[PHONE]找我"),
        ("138 1234 5678", "[PHONE]"),
        ("１３８１２３４５６７８", "[PHONE]"),
        ("1 3 8 1 2 3 4 5 6 7 8", "[PHONE]"),
        ("1\u200b3812345678", "[PHONE]"),
        ("一三八一二三四五六七八", "[PHONE]"),
        ("+91 98765 43210", "[PHONE]"),
        ("+1 (415) 555-2671", "[PHONE]"),
        ("电话 91234567", "电话 [PHONE]"),
        ("13812345678、13900001111", "[PHONE]、[PHONE]"),
        ("我的邮箱a.b@example.com。", "我的邮箱[EMAIL]。"),
        ("6222021234567890123", "[CARD]"),
        ("4111 1111 1111 1111", "[CARD]"),
        ("银行卡尾号1234", "银行卡尾号[CARD]"),
        ("11010519491231002X", "[ID]"),
        ("110105491231002", "[ID]"),
        ("王小明在吗", "[NAME]在吗"),
        ("我是 王 小 明", "我是 [NAME]"),
        ("陳大文", "[NAME]"),
        ("PRIYA SHARMA here, Priya", "[NAME] here, [NAME]"),
        ("Will Tan will pay", "[NAME] will pay"),
        ("我身份证后四位是1234", "我身份证后四位是[ID]"),
    ],
)
def test_it_takes_out_what_identifies_a_person(text: str, redacted: str) -> None:
    assert redact(text, names=NAMES).text == redacted


@pytest.mark.parametrize("expecting_identity", [True, False])
@pytest.mark.parametrize(
    "text",
    [
        "3500.00元", "３５００．００元", "2026-12-01", "2026-12-01 15:30", "12月5号", "12-01", "还1500", "20261201",
        "我想延期2个月", "转了100000000元", "$9876543210", "还了 1500 2000 300", "I can pay 1500", "1500 a month",
        "每月1500", "我每个月可以还你们1500", "三千五百", "2026年", "3,500,000.00", "12:34", "I willpower", "",
    ],
)  # fmt: skip
def test_amounts_and_dates_survive(text: str, expecting_identity: bool) -> None:
    assert redact(text, names=NAMES, expecting_identity=expecting_identity).text == text


@pytest.mark.parametrize(
    ("text", "redacted", "value"),
    [
        ("my last four are 123X", "my last four are [ID]", "123X"),
        ("1234", "[ID]", "1234"),
        ("尾号是１２３４", "尾号是[ID]", "1234"),
        ("１２３Ｘ", "[ID]", "123X"),
        ("123x", "[ID]", "123X"),
        ("一二三四", "[ID]", "1234"),
        ("幺二三X", "[ID]", "123X"),
        ("1 2 3 4", "[ID]", "1234"),
        ("1-2-3-X", "[ID]", "123X"),
        ("12 34", "[ID]", "1234"),
        ("one two three four", "[ID]", "1234"),
        ("我的是1234，谢谢", "我的是[ID]，谢谢", "1234"),
        ("尾号1234，想还1500", "尾号[ID]，想还1500", "1234"),
        ("110105 19491231 002x", "[ID]", "002X"),
    ],
)
def test_the_suffix_we_asked_for_is_an_identity(text: str, redacted: str, value: str) -> None:
    result = redact(text, expecting_identity=True)
    assert result.text == redacted
    assert [(found.kind, found.value) for found in result.found] == [("ID", value)]


def test_four_digits_are_left_alone_when_nobody_asked() -> None:
    assert redact("1234").text == "1234"


@given(st.text(max_size=200), st.booleans())
def test_spans_and_placeholders_rebuild_the_original(text: str, expecting_identity: bool) -> None:
    result = redact(text, names=NAMES, expecting_identity=expecting_identity)
    rebuilt, position = "", 0
    for found in result.found:
        assert text[found.start : found.end] == found.surface
        rebuilt += text[position : found.start] + f"[{found.kind}]"
        position = found.end
    assert rebuilt + text[position:] == result.text


@given(
    st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.sampled_from(["我的号码{}", "{} call me", "（{}）"])
)
def test_no_chinese_mobile_number_gets_through(phone: str, around: str) -> None:
    assert phone not in redact(around.format(phone)).text
