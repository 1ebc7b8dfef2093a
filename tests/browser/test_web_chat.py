"""The web chat in a real browser: the system's Chromium, our page, a real server and database.

Only the Rasa server is replaced, at the boundary of `RasaClient` (tests/support/web_app.py).
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, ViewportSize, expect, sync_playwright
from sqlalchemy import func, select

from conversations.models import Conversation, InboundMessage
from storage.engine import Database
from tests.support.web_app import WebApp, add_borrower, eventually, serving

CHROMIUM = (
    os.environ.get("TIDEOVER_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
)
FLAGS = "--headless --no-sandbox --disable-gpu --disable-quic --disable-background-networking --no-first-run".split()
PHONE = ViewportSize(width=390, height=844)
SLOW = 15_000
in_both_languages = pytest.mark.parametrize("language", ["zh", "en"])

HOSTILE = (
    "<script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "\"><svg onload=document.title='owned'>",
    "<a href=\"javascript:document.title='owned'\">click</a>",
    "{{constructor.constructor('document.title=1')()}} ${document.title=1}",
    "<style>*{display:none}</style><iframe srcdoc='<script>top.document.title=1</script>'>",
    "\u202ereversed\u202c <b>bold?</b> &lt;script&gt;",
)


@dataclass
class Visit:
    """One browser window on the chat, and everything its console complained of."""

    page: Page
    context: BrowserContext
    web: WebApp
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str = "/") -> None:
        self.page.goto(self.web.url + path)
        expect(self.page.locator("#chat")).to_be_visible(timeout=SLOW)

    def write(self, text: str) -> None:
        self.page.locator("#text").fill(text)
        self.page.keyboard.press("Enter")

    def bubbles(self, voice: str) -> Locator:
        return self.page.locator(f".message.{voice} .bubble")

    def answers(self, count: int) -> Locator:
        expect(self.bubbles("assistant")).to_have_count(count, timeout=SLOW)
        return self.bubbles("assistant").nth(count - 1)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        if os.environ.get("CI") == "true":
            pytest.fail("Chromium is not installed: run setup/debian-packages")
        pytest.skip("install Chromium to run this (setup/debian-packages)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def web(sqlite_url: str) -> Iterator[WebApp]:
    database = Database(sqlite_url)
    with serving(database) as app:
        yield app
    database.close()


@pytest.fixture
def language() -> str:
    """English, unless a test wants both."""
    return "en"


@pytest.fixture
def visit(chromium: Browser, web: WebApp, language: str) -> Iterator[Visit]:
    """A phone whose browser speaks the language. Afterwards the page must have broken none of its own rules."""
    context = chromium.new_context(viewport=PHONE, locale="zh-CN" if language == "zh" else "en-GB")
    page = context.new_page()
    one = Visit(page, context, web)
    page.on(
        "console", lambda message: one.complaints.append(message.text) if message.type == "error" else None
    )
    page.on("pageerror", lambda error: one.complaints.append(str(error)))
    yield one
    expect(page).not_to_have_title(re.compile("owned"))
    context.close()
    network = re.compile(
        "ERR_INTERNET_DISCONNECTED|ERR_FAILED|ERR_CONNECTION|ERR_EMPTY|ERR_INCOMPLETE|status of (4|5)"
    )
    assert [complaint for complaint in one.complaints if not network.search(complaint)] == []


@in_both_languages
def test_the_first_visit_is_greeted_by_an_assistant_that_says_what_it_is(visit: Visit, language: str) -> None:
    visit.open()
    greeting = visit.page.locator("#welcome")
    expect(greeting).to_contain_text(
        "智能客服助手（AI），不是真人" if language == "zh" else "the AI assistant of"
    )
    expect(greeting).to_contain_text("对话会被保存" if language == "zh" else "This conversation is kept")
    expect(visit.page.locator("html")).to_have_attribute("lang", language)
    expect(visit.page).to_have_title(re.compile("江畔小贷" if language == "zh" else "Riverside"))
    assert visit.page.locator("#suggestions button").count() == 4
    with visit.web.db.read() as session:
        assert session.scalar(select(func.count(Conversation.id))) == 0


@in_both_languages
def test_what_is_typed_is_answered_and_stays_after_a_reload(visit: Visit, language: str) -> None:
    visit.open()
    visit.write("菜单" if language == "zh" else "menu please")
    said = visit.answers(1).inner_text()
    expect(visit.page.locator("#typing")).to_be_hidden(timeout=SLOW)
    visit.page.reload()
    assert visit.answers(1).inner_text() == said
    expect(visit.bubbles("you")).to_have_count(1)
    expect(visit.page.locator(".message.you time")).to_have_count(1)


@in_both_languages
def test_a_button_is_pressed_once_and_the_choices_close(visit: Visit, language: str) -> None:
    visit.open()
    visit.write("菜单" if language == "zh" else "menu please")
    visit.answers(1)
    chips = visit.page.locator("#log .chip")
    expect(chips).to_have_count(7)
    title = "找人工" if language == "zh" else "A person, please"
    visit.page.get_by_role("group").get_by_role("button", name=title).click()
    visit.answers(2)
    expect(visit.bubbles("you").last).to_contain_text(title)
    expect(visit.page.locator("#log .chip:enabled")).to_have_count(0)
    expect(visit.page.locator("#log .chip.chosen")).to_have_text(title)
    asked = "已请客服同事来接手" if language == "zh" else "A colleague has been asked"
    expect(visit.page.locator("#notice")).to_contain_text(asked)
    visit.page.reload()
    visit.answers(2)
    expect(visit.page.locator("#log .chip.chosen")).to_have_text(title)


@in_both_languages
def test_a_person_can_be_asked_for_at_any_moment(visit: Visit, language: str) -> None:
    visit.open()
    button = visit.page.get_by_role(
        "button", name="找人工" if language == "zh" else "Talk to a person", exact=True
    )
    expect(button).to_be_in_viewport()
    button.click()
    expect(visit.answers(1)).to_contain_text("同事" if language == "zh" else "colleague")
    expect(button).to_be_in_viewport()


@in_both_languages
def test_a_personal_link_is_opened_once_and_leads_to_the_plan(visit: Visit, language: str) -> None:
    token = add_borrower(
        visit.web.db, language=language, name="周晓棠" if language == "zh" else "Alice Harper"
    )
    visit.open(f"/chat?token={token}")
    expect(visit.answers(1)).to_contain_text(
        "证件号码的最后四位" if language == "zh" else "last four characters"
    )
    assert visit.page.url == visit.web.url + "/"
    visit.write("尾号123X" if language == "zh" else "my last four are 123X")
    visit.answers(3)
    expect(visit.bubbles("you").last).to_contain_text("••••")
    visit.write("看看还款计划" if language == "zh" else "show me the plan")
    visit.answers(4)
    image = visit.page.locator(".plan img")
    expect(image).to_have_attribute("alt", re.compile("L00001"))
    eventually(lambda: image.evaluate("image => image.complete && image.naturalWidth"))
    assert image.evaluate("image => image.naturalWidth") == 1260
    visit.page.reload()
    visit.answers(4)
    with visit.web.db.read() as session:
        starts = session.scalar(select(func.count(InboundMessage.id)).where(InboundMessage.kind == "start"))
    assert starts == 1


@in_both_languages
def test_what_is_written_offline_is_kept_and_sent_when_back(visit: Visit, language: str) -> None:
    visit.open()
    visit.write("菜单" if language == "zh" else "menu please")
    visit.answers(1)
    visit.context.set_offline(True)
    expect(visit.page.locator("#notice")).to_contain_text(
        "网络断开了" if language == "zh" else "You are offline"
    )
    visit.write("echo one")
    visit.write("echo two")
    expect(visit.page.locator(".message.you .about").last).to_have_text(
        "等待发送" if language == "zh" else "Waiting to be sent"
    )
    visit.context.set_offline(False)
    visit.answers(3)
    expect(visit.page.locator("#notice")).to_be_hidden(timeout=SLOW)
    assert [text.split(":")[-1].strip() for text in visit.bubbles("assistant").all_inner_texts()][1:] == [
        "echo one",
        "echo two",
    ]
    with visit.web.db.read() as session:
        assert session.scalar(select(func.count(InboundMessage.id))) == 3


def test_a_message_kept_while_offline_survives_a_reload_and_goes_out_once(visit: Visit) -> None:
    visit.open()
    visit.page.route(
        "**/api/messages",
        lambda route: route.abort() if route.request.method == "POST" else route.continue_(),
    )
    visit.write("echo kept")
    expect(visit.bubbles("you")).to_have_count(1)
    visit.page.unroute("**/api/messages")
    visit.page.reload()
    expect(visit.answers(1)).to_contain_text("echo kept")
    expect(visit.bubbles("you")).to_have_count(1)
    with visit.web.db.read() as session:
        assert session.scalar(select(func.count(InboundMessage.id))) == 1


def test_an_answer_that_got_lost_on_the_way_does_not_double_the_message(visit: Visit) -> None:
    visit.open()
    lost: list[str] = []

    def lose_the_first(route: object) -> None:
        if route.request.method == "POST" and not lost:  # type: ignore[attr-defined]
            lost.append(route.fetch().text())  # type: ignore[attr-defined]
            route.abort()  # type: ignore[attr-defined]
        else:
            route.continue_()  # type: ignore[attr-defined]

    visit.page.route("**/api/messages", lose_the_first)
    visit.write("echo once")
    visit.answers(1)
    visit.write("echo twice")
    visit.answers(2)
    expect(visit.bubbles("you")).to_have_count(2)
    assert lost
    with visit.web.db.read() as session:
        assert session.scalar(select(func.count(InboundMessage.id))) == 2


def test_the_page_follows_the_language_of_the_conversation_and_can_be_switched(visit: Visit) -> None:
    visit.open()
    visit.page.locator("#language").click()
    expect(visit.page.locator("#person")).to_have_text("找人工")
    visit.page.locator("#language").click()
    expect(visit.page.locator("#person")).to_have_text("Talk to a person")
    visit.write("menu please")
    visit.answers(1)
    visit.write("我想看菜单")
    visit.answers(2)
    expect(visit.page.locator("#person")).to_have_text("找人工")
    expect(visit.page.locator("html")).to_have_attribute("lang", "zh")
    expect(visit.page.locator(".message.you .bubble").first).to_have_attribute("lang", "en")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_as_text(visit: Visit, text: str) -> None:
    visit.open()
    visit.write(f"echo {text}")
    answer = visit.answers(1)
    shown = answer.evaluate("bubble => bubble.lastChild.textContent")
    assert shown.replace("\u202e", "").replace("\u202c", "") == f"echo {text}".replace("\u202e", "").replace(
        "\u202c", ""
    )
    assert visit.page.locator("#log :is(script, svg, iframe, style, b, img)").count() == 0
    visit.page.reload()
    visit.answers(1)
    expect(visit.page).to_have_title(re.compile("Riverside"))


def test_too_long_a_message_is_refused_and_stays_in_the_box(visit: Visit) -> None:
    visit.open()
    visit.page.locator("#text").fill("a" * 10_001)
    visit.page.keyboard.press("Enter")
    expect(visit.page.get_by_role("alert")).to_contain_text("at most 10,000 characters, and it has 10,001")
    assert len(visit.page.locator("#text").input_value()) == 10_001
    expect(visit.bubbles("you")).to_have_count(0)


def test_while_the_engine_is_starting_the_page_says_so(visit: Visit) -> None:
    visit.web.rasa.down, visit.web.is_ready = True, False
    visit.open()
    expect(visit.page.locator("#notice")).to_contain_text("The assistant is starting", timeout=SLOW)
    visit.write("menu please")
    visit.answers(1)
    expect(visit.page.locator("#typing")).to_be_visible()
    visit.web.rasa.down, visit.web.is_ready = False, True
    visit.answers(2)
    expect(visit.page.locator("#notice")).to_be_hidden(timeout=SLOW)
    expect(visit.page.locator("#typing")).to_be_hidden(timeout=SLOW)


def test_a_colleague_who_takes_over_is_announced(visit: Visit) -> None:
    visit.open()
    visit.write("menu please")
    visit.answers(1)
    visit.web.say_as_staff("Hello, this is Chen.")
    expect(visit.bubbles("colleague")).to_contain_text("Hello, this is Chen.", timeout=SLOW)
    expect(visit.page.locator("#notice")).to_contain_text("A colleague is now talking with you", timeout=SLOW)
    visit.write("thank you")
    expect(visit.page.locator(".message.you time")).to_have_count(2, timeout=SLOW)
    expect(visit.page.locator("#typing")).to_be_hidden()


def test_everything_can_be_done_with_the_keyboard_alone(visit: Visit) -> None:
    visit.open()
    expect(visit.page.locator("#text")).to_be_focused()
    visit.page.keyboard.type("menu please")
    visit.page.keyboard.press("Enter")
    visit.answers(1)
    expect(visit.page.locator("#text")).to_be_focused()
    for _ in range(12):
        visit.page.keyboard.press("Shift+Tab")
        if visit.page.evaluate("() => document.activeElement.textContent") == "A person, please":
            break
    visit.page.keyboard.press("Enter")
    visit.answers(2)
    visit.page.locator("#leave").focus()
    visit.page.keyboard.press("Enter")
    expect(visit.page.get_by_role("dialog")).to_be_visible()
    visit.page.keyboard.press("Escape")
    expect(visit.page.get_by_role("dialog")).to_be_hidden()
    expect(visit.bubbles("assistant")).to_have_count(2)


def test_leaving_clears_this_device(visit: Visit) -> None:
    visit.open()
    visit.write("menu please")
    visit.answers(1)
    visit.page.locator("#leave").click()
    visit.page.get_by_role("button", name="End the chat", exact=True).click()
    expect(visit.bubbles("assistant")).to_have_count(0, timeout=SLOW)
    expect(visit.page.locator("#welcome")).to_be_visible()


@pytest.mark.parametrize(
    ("width", "height", "letters"), [(320, 568, 17), (195, 422, 17), (640, 320, 17), (390, 844, 34)]
)
def test_it_can_be_used_on_a_small_phone_at_twice_the_size_and_with_large_letters(
    visit: Visit, width: int, height: int, letters: int
) -> None:
    """195 by 422 is what is left of a phone's window at 200 % zoom."""
    visit.page.set_viewport_size({"width": width, "height": height})
    visit.open()
    visit.page.locator("html").evaluate("(html, size) => { html.style.fontSize = `${size}px` }", letters)
    visit.write("menu")
    visit.answers(1)
    for node in ("#person", "#text", "#send", "#language"):
        expect(visit.page.locator(node)).to_be_in_viewport(ratio=0.9)
    assert visit.page.locator("#scroll").evaluate("scroll => scroll.clientHeight") > height / 4
    assert visit.page.evaluate(BEYOND_THE_EDGE) == []


@in_both_languages
def test_words_stand_out_from_their_background_in_light_and_dark(visit: Visit) -> None:
    """WCAG 2.2 AA, 1.4.3: at least 4.5 to 1 for text of this size."""
    visit.open()
    visit.write("menu")
    visit.answers(1)
    visit.write("echo hello")
    visit.answers(2)
    for scheme in ("light", "dark"):
        visit.page.emulate_media(color_scheme=scheme)
        faint = visit.page.evaluate(CONTRAST)
        assert faint == [], scheme


BEYOND_THE_EDGE = """() => [...document.querySelectorAll('#chat *')]
  .filter((e) => e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.id || e.className || e.tagName)"""

CONTRAST = """() => {
  const parse = (c) => c.match(/[\\d.]+/g).map(Number);
  const linear = (v) => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => [r, g, b].map((v) => linear(v / 255))
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const behind = (e) => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor);
    if (c.length === 3 || c[3] === 1) return c; } return [255, 255, 255]; };
  return [...document.querySelectorAll('#chat *')].filter((e) => e.offsetParent && !e.disabled &&
    [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim())).map((e) => {
      const [one, other] = [light(parse(getComputedStyle(e).color)), light(behind(e))].sort((a, b) => b - a);
      return [e.className || e.id || e.tagName, Math.round(100 * (one + .05) / (other + .05)) / 100];
    }).filter(([, ratio]) => ratio < 4.5);
}"""


def test_nothing_moves_for_those_who_asked_for_stillness(visit: Visit) -> None:
    visit.page.emulate_media(reduced_motion="reduce")
    visit.web.rasa.down = True
    visit.open()
    visit.write("menu")
    expect(visit.page.locator("#typing")).to_be_visible(timeout=SLOW)
    assert visit.page.evaluate("() => document.getAnimations().length") == 0


def test_new_messages_are_announced_politely(visit: Visit) -> None:
    visit.open()
    log = visit.page.get_by_role("log")
    expect(log).to_have_attribute("aria-live", "polite")
    expect(log).to_have_attribute("aria-label", "Conversation")
    names = "() => [...document.querySelectorAll('button, textarea')].map((e) => e.textContent.trim() || e.ariaLabel)"
    assert all(visit.page.evaluate(names))
