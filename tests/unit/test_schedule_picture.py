"""The repayment plan as a picture."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import pytest
from PIL import Image

from loans.calendar import add_months
from loans.picture import COLOURS, PictureRow, draw_schedule, in_font, state_of
from policies.texts import LANGUAGES, texts
from policies.wording import day, money

LABELS = [text for text in texts() if text.id.startswith("picture_")]
TODAY = date(2026, 11, 21)
FIRST = date(2026, 8, 5)
CURRENCIES = ("CNY", "TWD", "USD", "GBP", "EUR", "ZAR")


def plan(count: int, paid: int, *, first: date = FIRST, amount: str = "1234.50") -> list[PictureRow]:
    due = Decimal(amount)
    return [
        PictureRow(number + 1, add_months(first, number), due, Decimal("0.00") if number < paid else due)
        for number in range(count)
    ]


def draw(rows: Sequence[PictureRow], language: str = "zh", currency: str = "CNY") -> Image.Image:
    labels = {text.id: text.words[language] for text in LABELS}
    title = texts()["picture_title"].render(language, {"loan": "L00007"})
    png = draw_schedule(rows, title=title, labels=labels, language=language, currency=currency, as_of=TODAY)
    assert len(png) < 600_000
    return Image.open(io.BytesIO(png)).convert("RGB")


def colours(picture: Image.Image) -> set[str]:
    return {
        "#{:02x}{:02x}{:02x}".format(*pixel)
        for _, pixel in picture.getcolors(1 << 24) or []
        if isinstance(pixel, tuple)
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_font_has_every_character_of_the_labels_and_of_amounts_and_days(language: str) -> None:
    words = [text.words[language] for text in LABELS]
    words += [money(Decimal("1234567890.25"), currency, language) for currency in CURRENCIES]
    words += [day(date(2026, month, 28), language) for month in range(1, 13)]
    assert {character for text in words for character in text if not in_font(character)} == set()


def test_a_character_the_font_lacks_is_known_to_be_lacking() -> None:
    assert not in_font("龘")
    assert in_font("还") and in_font("8") and in_font(" ")


def test_a_currency_whose_sign_the_font_lacks_is_named_by_its_code() -> None:
    assert not in_font("₹")
    assert draw(plan(2, 1), "en", "INR").tobytes() != draw(plan(2, 1), "en", "XXX").tobytes()


def test_a_name_with_unknown_characters_is_drawn_without_them() -> None:
    labels = {text.id: text.words["zh"] for text in LABELS}
    drawn = [
        draw_schedule(plan(2, 0), title=title, labels=labels, language="zh", currency="CNY", as_of=TODAY)
        for title in ("还款计划 L1", "还款计划 龘L1😀")
    ]
    assert drawn[0] == drawn[1]


@pytest.mark.parametrize(
    ("count", "paid"), [(1, 0), (1, 1), (3, 1), (12, 4), (24, 0), (36, 20), (36, 0), (60, 59)]
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_1260_pixels_wide_and_never_too_tall_for_a_chat(count: int, paid: int, language: str) -> None:
    picture = draw(plan(count, paid), language)
    assert picture.width == 1260
    assert 200 < picture.height <= 4200


def test_an_instalment_is_overdue_from_the_day_after_it_fell_due() -> None:
    def standing(due_on: date, unpaid: str) -> str:
        return state_of(PictureRow(1, due_on, Decimal("10.00"), Decimal(unpaid)), TODAY)

    assert standing(date(2026, 11, 20), "0.01") == "overdue"
    assert standing(TODAY, "10.00") == "upcoming"
    assert standing(date(2026, 11, 20), "0.00") == "paid"


def test_each_standing_has_its_own_colour_shape_and_words() -> None:
    everything = colours(draw(plan(6, 2)))
    assert {COLOURS["paid"], COLOURS["overdue"], COLOURS["next"], COLOURS["upcoming"]} <= everything
    all_paid = colours(draw(plan(2, 2)))
    assert COLOURS["paid"] in all_paid
    assert COLOURS["overdue"] not in all_paid
    assert len({texts()[f"picture_{state}"].words["zh"] for state in COLOURS}) == len(COLOURS)


def test_without_colour_the_standings_can_still_be_told_apart() -> None:
    """The same plan, paid or not, differs in grey by more than shades: the signs are other shapes."""
    plans = [plan(1, 1), plan(1, 0), plan(1, 0, first=date(2027, 1, 5))]
    grey = [draw(rows).convert("L") for rows in plans]
    signs = [
        picture.crop((60, 276, 126, 348)).point(lambda shade: 255 if shade < 150 else 0) for picture in grey
    ]
    shapes = [sign.tobytes() for sign in signs]
    assert len(set(shapes)) == 3
    assert all(any(shape) for shape in shapes)


def test_the_same_plan_gives_the_same_picture_and_another_amount_another() -> None:
    assert draw(plan(3, 1)).tobytes() == draw(plan(3, 1)).tobytes()
    assert draw(plan(3, 1)).tobytes() != draw(plan(3, 1, amount="1234.51")).tobytes()


def test_what_was_never_to_be_paid_is_drawn_without_dividing_by_it() -> None:
    assert draw(plan(2, 0, amount="0.00")).width == 1260


def test_a_plan_without_instalments_is_refused() -> None:
    with pytest.raises(ValueError, match="without instalments"):
        draw([])
