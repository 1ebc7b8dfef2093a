"""The papers of an agreement: every figure of the quote, in both languages, its standing, and always the same bytes."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import icalendar
import pytest
from pypdf import PdfReader

from loans.documents.content import FORCE, Row, Section, document
from loans.documents.font import characters, drawable
from loans.documents.html import as_html
from loans.documents.pdf import as_pdf
from loans.models import Agreement
from loans.models.relief import AGREEMENT_STATES
from loans.view import active_schedule
from policies.lender import lender
from policies.texts import LANGUAGES, texts
from policies.wording import SYMBOLS, day, money, rate
from storage.engine import Database
from tests.support.book import NOW, load_book
from tests.support.desk import AT, call, confirmed, said

NAMES = ("欧阳𬭚㛃𠮷", "臺灣歐陽龘", "Zoë Łukasz-Ñandú", "Nguyễn Thị Hường", "María José O'Neill")


@pytest.fixture
def book(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setenv("TIDEOVER_DATABASE_URL", database.engine.url.render_as_string(hide_password=False))
    load_book(database, tmp_path / "tape")
    yield database


def rename(book: Database, agreement: str, name: str) -> None:
    with book.write() as session:
        session.get_one(Agreement, agreement).loan.borrower.name = name


def papers(book: Database, agreement: str) -> tuple[str, str]:
    """The document as the text of its HTML page and the text of its PDF."""
    with book.read() as session:
        content = document(session.get_one(Agreement, agreement))
    return words_of(as_html(content)), text_of(as_pdf(content))


def words_of(html: str) -> str:
    page = Page()
    page.feed(html)
    return "\n".join(page.words)


class Page(HTMLParser):
    """What a reader sees of a page, and which elements it has."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.elements: set[str] = set()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.elements.add(tag)

    def handle_data(self, data: str) -> None:
        if self.lasttag != "style" and data.strip():
            self.words.append(data.strip())


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def joined(text: str) -> str:
    """The text without the places where lines were broken."""
    return re.sub(r"\s+", "", text)


@pytest.mark.parametrize("loan", ["L-ZH-DUE", "L-EN-DUE"])
def test_every_figure_of_the_quote_stands_in_both_papers_in_both_languages(book: Database, loan: str) -> None:
    agreement, _ = confirmed(book, loan, months=2)
    page, pdf = papers(book, agreement)
    with book.read() as session:
        made = session.get_one(Agreement, agreement)
        quote, currency = made.quote, made.loan.currency
        expected = [made.loan.ref, made.loan.borrower.name, agreement, quote.id, quote.hash, quote.rulebook]
        for language in LANGUAGES:
            for row in quote.rows:
                expected += [
                    money(Decimal(row[name]), currency, language)
                    for name in ("principal", "interest", "fee", "penalty", "due", "balance")
                ]
                expected.append(day(date.fromisoformat(row["due_on"]), language))
            expected += [money(Decimal(amount), currency, language) for amount in quote.totals.values()]
            expected += [money(quote.extra_cost, currency, language), day(quote.new_maturity_on, language)]
            assert quote.apr_pct is not None
            expected += [rate(quote.apr_pct, language), lender().values(language)["lender"]]
            expected += [lender().telephone, quote.summary_zh, quote.summary_en]
    assert [words for words in expected if words not in page] == []
    assert [words for words in expected if joined(words) not in joined(pdf)] == []


def test_what_follows_for_class_and_credit_record_is_told_as_it_was_shown(book: Database) -> None:
    agreement, _ = confirmed(book, "L-ZH-LATE", "credit_protection")
    page, _ = papers(book, agreement)
    with book.read() as session:
        effects = session.get_one(Agreement, agreement).quote.effects
    shown = [effects[name] for name in ("class_zh", "class_en", "record_zh", "record_en")]
    shown.append(day(date.fromisoformat(effects["credit_protected_until"]), "en"))
    assert all(shown) and [words for words in shown if words not in page] == []
    assert "The repayment plan (unchanged)" in page and "The new repayment plan" not in page


def test_the_plan_has_a_line_for_each_instalment_in_its_order(book: Database) -> None:
    agreement, _ = confirmed(book, "L-EN-DUE", months=2)
    with book.read() as session:
        made = session.get_one(Agreement, agreement)
        for part in document(made).parts:
            [plan] = [section.plan for section in part.sections if section.plan]
            assert [row.cells[0] for row in plan.rows] == [str(row["number"]) for row in made.quote.rows]
            assert [row.paid for row in plan.rows] == [bool(row["paid"]) for row in made.quote.rows]
            for shown, row in zip(plan.rows, made.quote.rows, strict=True):
                assert shown.cells[6] == money(Decimal(row["due"]), made.loan.currency, part.language)


def test_the_borrowers_language_comes_first(book: Database) -> None:
    for loan, languages in (("L-ZH-DUE", ["zh", "en"]), ("L-EN-DUE", ["en", "zh"])):
        agreement, _ = confirmed(book, loan, months=2)
        with book.read() as session:
            content = document(session.get_one(Agreement, agreement))
        assert [part.language for part in content.parts] == languages


def test_the_same_agreement_gives_the_same_bytes_and_another_name_gives_others(book: Database) -> None:
    agreement, _ = confirmed(book, "L-ZH-DUE", months=2)

    def made() -> tuple[bytes, str]:
        with book.read() as session:
            content = document(session.get_one(Agreement, agreement))
        return as_pdf(content), as_html(content)

    first = made()
    assert made() == first
    rename(book, agreement, "李晓梅二")
    assert made()[0] != first[0]


def test_only_our_font_is_used_and_all_of_it_that_is_needed_is_inside(book: Database) -> None:
    agreement, _ = confirmed(book, "L-ZH-DUE", months=2)
    with book.read() as session:
        content = document(session.get_one(Agreement, agreement))
    fonts = [
        font.get_object()
        for page in PdfReader(io.BytesIO(as_pdf(content))).pages
        for font in page["/Resources"]["/Font"].values()  # type: ignore[index]
    ]
    assert fonts
    for font in fonts:
        assert "TideoverCJK" in font["/BaseFont"]
        assert len(font["/FontDescriptor"]["/FontFile2"].get_object().get_data()) > 1000
    html = as_html(content)
    assert "data:font/woff;base64," in html and re.findall(r"(?:src|href)=|url\((?!\"data:)", html) == []


@pytest.mark.parametrize("name", NAMES)
def test_rare_and_foreign_names_can_be_read_and_copied(book: Database, name: str) -> None:
    agreement, _ = confirmed(book, "L-ZH-DUE", months=2)
    rename(book, agreement, name)
    page, pdf = papers(book, agreement)
    assert set(name) - {" "} <= characters()
    assert name in page and joined(name) in joined(pdf)


def test_a_name_that_looks_like_markup_stays_a_name(book: Database) -> None:
    agreement, _ = confirmed(book, "L-ZH-DUE", months=2)
    name = "<script>alert(1)</script> & <b>{{ 7*7 }}"
    rename(book, agreement, name)
    with book.read() as session:
        html = as_html(document(session.get_one(Agreement, agreement)))
    seen = Page()
    seen.feed(html)
    assert {"script", "b"}.isdisjoint(seen.elements) and name in seen.words
    assert joined(name) in joined(papers(book, agreement)[1])


def test_every_text_and_every_currency_can_be_written_in_the_font() -> None:
    words = [text.words[language] for text in texts() for language in LANGUAGES]
    words += [
        money(Decimal("1234567.89"), currency, language) for currency in SYMBOLS for language in LANGUAGES
    ]
    assert [text for text in words if drawable(text.replace("\n", " ")) != text.replace("\n", " ")] == []


def test_what_the_font_lacks_is_written_as_a_code() -> None:
    assert drawable("张😀") == "张〔U+1F600〕"
    assert drawable("one\ntwo") == "one two"


@pytest.mark.parametrize("status", AGREEMENT_STATES)
def test_an_agreement_that_is_not_in_force_says_so_on_every_page(book: Database, status: str) -> None:
    agreement, _ = confirmed(book, "L-ZH-DUE", months=2)
    with book.write() as session:
        ended = session.get_one(Agreement, agreement)
        active_schedule(session, ended.loan).status = "reversed"
        ended.status, ended.ended_by = status, "u19" if status == "reversed" else None
    with book.read() as session:
        content = document(session.get_one(Agreement, agreement))
    force = FORCE[status]
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(as_pdf(content))).pages]
    for part in content.parts:
        assert part.standing in words_of(as_html(content))
        if force == "kept":
            assert part.mark == ""
        else:
            assert part.mark == texts()[f"document_mark_{force}"].words[part.language]
            assert [
                number for number, page in enumerate(pages) if joined(part.mark) not in joined(page)
            ] == []
    if force != "kept":
        assert not any("In force:" in page or "已生效：" in page for page in pages)


def test_an_agreement_not_kept_has_ended_but_its_plan_and_calendar_go_on_while_they_count(
    book: Database, tmp_path: Path
) -> None:
    agreement, _ = confirmed(book, "L-ZH-DUE", months=2)
    calendar = ("agreement", "document", agreement, "--out", str(tmp_path), "--format", "ics")
    with book.write() as session:
        ended = session.get_one(Agreement, agreement)
        ended.status, ended.ended_at = "broken", NOW + timedelta(days=90)
    for text in papers(book, agreement):
        assert joined("下面的还款计划仍然有效") in joined(text) and "已于2027年2月18日终止" in joined(text)
        assert joined("The repayment plan below still says what is to be paid") in joined(text)
        assert "NOT IN FORCE" not in text and "不再有效" not in text
    assert call(*calendar).exit_code == 0
    with book.write() as session:
        active_schedule(session, session.get_one(Agreement, agreement).loan).status = "reversed"
    for text in papers(book, agreement):
        assert "NOT IN FORCE" in text and "不再有效" in text and "仍然有效" not in text
    assert call(*calendar).exit_code == 1


def test_a_consent_is_named_with_its_evidence_and_day(book: Database) -> None:
    agreement, _ = confirmed(book, "L-EN-SECURED", months=4)
    page, _ = papers(book, agreement)
    assert (
        "not received" in page
        and "没有收到" in page
        and "still to be decided" not in page.split("Approval")[0]
    )
    evidence = "letter <of> 19 November, file 118"
    arguments = ("--party", "security", "--evidence", evidence, "--by", "u17", "--now", AT)
    said("agreement.json#decided", "agreement", "consent", agreement, *arguments)
    page, pdf = papers(book, agreement)
    for text in (page, pdf):
        assert joined(evidence) in joined(text) and "20November2026" in joined(text)
    assert "still to be decided" in page and "等待审批" in page
    said("agreement.json#decided", "agreement", "approve", agreement, "--by", "u18", "--now", AT)
    page, _ = papers(book, agreement)
    assert "approved on 20 November 2026" in page and "2026年11月20日批准" in page


def test_the_command_writes_all_three_and_names_their_fingerprints(book: Database, tmp_path: Path) -> None:
    agreement, _ = confirmed(book, "L-ZH-DUE", months=2)
    out = tmp_path / "papers" / "of" / "today"
    arguments = ("agreement", "document", agreement[:8], "--out", str(out))
    shape = said("agreement_document.json", *arguments)
    names = [f"agreement-{agreement[:8]}.{kind}" for kind in ("html", "pdf", "ics")]
    assert [Path(line["file"]).name for line in shape["files"]] == names
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    assert said("agreement_document.json", *arguments) == shape
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    printed = call(*arguments, "--format", "pdf")
    assert printed.exit_code == 0 and shape["files"][1]["sha256"] in printed.stdout
    with book.read() as session:
        assert session.get_one(Agreement, agreement).loan.borrower.name not in printed.output


def test_an_agreement_that_waits_has_papers_but_no_calendar(book: Database, tmp_path: Path) -> None:
    agreement, _ = confirmed(book, "L-ZH-GUARD", months=2)
    arguments = ("agreement", "document", agreement, "--out", str(tmp_path))
    shape = said("agreement_document.json", *arguments)
    assert len(shape["files"]) == 2 and "not in force" in shape["no_calendar_because"]
    refused = call(*arguments, "--format", "ics")
    assert refused.exit_code == 1 and "not in force" in refused.stderr and "没有生效" in refused.stderr


@pytest.mark.parametrize("agreement_id", ["nothing", "", "%"])
def test_an_unknown_agreement_is_refused_in_both_languages(
    book: Database, tmp_path: Path, agreement_id: str
) -> None:
    refused = call("agreement", "document", agreement_id, "--out", str(tmp_path / "papers"))
    assert (
        refused.exit_code == 1 and "there is no agreement" in refused.stderr and "没有编号" in refused.stderr
    )
    assert not (tmp_path / "papers").exists()


def test_a_folder_that_cannot_be_written_is_named(book: Database, tmp_path: Path) -> None:
    agreement, _ = confirmed(book, "L-ZH-DUE", months=2)
    (tmp_path / "file").write_text("in the way")
    refused = call("agreement", "document", agreement, "--out", str(tmp_path / "file" / "papers"))
    assert refused.exit_code == 1 and "cannot be written" in refused.stderr and "无法写入" in refused.stderr


@pytest.mark.parametrize(("loan", "language"), [("L-ZH-DUE", "zh"), ("L-EN-DUE", "en")])
def test_the_calendar_has_one_day_for_each_date_and_says_nothing_of_the_loan(
    book: Database, tmp_path: Path, loan: str, language: str
) -> None:
    agreement, _ = confirmed(book, loan, months=2)
    assert call("agreement", "document", agreement, "--out", str(tmp_path), "--format", "ics").exit_code == 0
    [file] = tmp_path.glob("*.ics")
    calendar = icalendar.Calendar.from_ical(file.read_bytes())
    with book.read() as session:
        made = session.get_one(Agreement, agreement)
        due: dict[date, Decimal] = {}
        for row in made.quote.rows:
            if not row["paid"]:
                on = date.fromisoformat(row["due_on"])
                due[on] = due.get(on, Decimal(0)) + Decimal(row["due"])
        private = (made.loan.ref, made.loan.borrower.name, made.loan.borrower.ref)
        currency = made.loan.currency
    for event, (on, amount) in zip(calendar.events, sorted(due.items()), strict=True):
        assert (event.start, event.end) == (on, on + timedelta(days=1))
        assert money(amount, currency, language) in str(event["summary"])
        [alarm] = event.walk("VALARM")
        assert alarm["trigger"].to_ical() == b"-PT15H"  # nine in the morning of the day before
    text = file.read_text(encoding="utf-8")
    assert [words for words in private if words in text] == []
    assert max(len(line) for line in file.read_bytes().split(b"\r\n")) <= 75


def test_a_later_agreements_calendar_moves_the_events_of_the_earlier(book: Database, tmp_path: Path) -> None:
    def events(agreement: str) -> dict[str, int]:
        out = tmp_path / agreement
        assert call("agreement", "document", agreement, "--out", str(out), "--format", "ics").exit_code == 0
        [file] = out.iterdir()
        calendar = icalendar.Calendar.from_ical(file.read_bytes())
        return {str(event["uid"]): int(str(event["sequence"])) for event in calendar.events}

    earlier, _ = confirmed(book, "L-ZH-DUE", months=1)
    first = events(earlier)
    assert events(earlier) == first
    later, _ = confirmed(book, "L-ZH-DUE", "reamortise", now=NOW + timedelta(days=1))
    second = events(later)
    assert first.keys() & second.keys()
    assert all(second[uid] > first[uid] for uid in first.keys() & second.keys())


def test_the_longest_plan_of_the_largest_amounts_still_fits_its_pages(book: Database) -> None:
    agreement, _ = confirmed(book, "L-EN-DUE", months=2)
    with book.read() as session:
        content = document(session.get_one(Agreement, agreement))
    [plan] = [section.plan for section in content.parts[0].sections if section.plan]
    fortune = "¥123,456,789,012,345.67"
    rows = [Row([str(number), "31 September 2126", *[fortune] * 6], False) for number in range(1, 1201)]
    sections = [Section("Plan", plan=replace(plan, rows=rows, total=["Still to pay", *[fortune] * 5]))]
    part = replace(content.parts[0], sections=sections)
    pages = PdfReader(io.BytesIO(as_pdf(replace(content, parts=[part, part])))).pages
    texts = [page.extract_text() for page in pages]
    assert [number for number in range(1, 1201) if not any(f"\n{number}\n" in text for text in texts)] == []
    assert joined("".join(texts)).count(fortune) == 2 * (1200 * 6 + 5)
    assert f"page 2 of {len(pages)}" in texts[1]
