"""Record the main story for the documentation, with nothing staged: a tape is imported, a server started, people talk.

    .venv/bin/python -m tools.record_story

Writes docs/transcripts/web-zh.md (a browser conversation in Chinese), docs/transcripts/terminal-en.md (a terminal
one in English), and the screenshots in docs/pictures/. It all runs in a temporary home, on the tests' loan book.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.support.book import BOOK, write_tape
from tideover.engine import free_port
from tideover.settings import ROOT

DOCS = ROOT / "docs"
NOW = "2026-11-20T10:00:00+08:00"
CHROMIUM = os.environ.get("TIDEOVER_TEST_CHROMIUM", "/usr/bin/chromium")
FLAGS = "--headless --no-sandbox --disable-gpu --disable-quic --disable-background-networking --no-first-run".split()
PATIENCE_MS = 30_000

CHINESE = (
    "你好",
    "最近店里生意不好，能不能延期两个月？",
    "ID",
    "press:选1",
    "press:确认办理",
    "还款计划",
    "谢谢",
)
ENGLISH = (
    "hello, who is this?",
    "how much do I owe?",
    "ID",
    "my shop is closed for the roadworks, could I have two more months?",
    "is this for real?",
    "the first one",
    "how do I pay?",
    "yes",
    "when is my next payment?",
    "thanks",
)


def tideover(*words: str, home: Path, lines: str | None = None) -> str:
    """Run a command in `home` and return what it prints. Raises CalledProcessError when it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "tideover", *words],
        cwd=ROOT,
        env={**os.environ, "TIDEOVER_HOME": str(home), "COLUMNS": "100"},
        input=lines,
        text=True,
        stdout=subprocess.PIPE,
        check=True,
    )
    return done.stdout


def id_of(ref: str) -> str:
    """Return the last four characters of an invented borrower's ID."""
    return next(borrower.id_last4 for borrower in BOOK if borrower.ref == ref)


def record_terminal(home: Path) -> None:
    """Hold the English conversation in the terminal and write it down."""
    lines = "\n".join(id_of("EN-DUE") if line == "ID" else line for line in ENGLISH) + "\n"
    talk = tideover("chat", "--borrower", "EN-DUE", "--now", NOW, home=home, lines=lines)
    shown = tideover("show", "--borrower", "EN-DUE", "--now", NOW, home=home)
    page = (
        "# A terminal conversation in English\n\n"
        "Recorded by `python -m tools.record_story` on the tests' invented loan book, imported with\n"
        "`tideover import`; the clock stands at 20 November 2026. The person is invented.\n\n"
        f"```\n$ tideover chat --borrower EN-DUE --now {NOW}\n{talk}```\n\n"
        f"What the loan book shows afterwards:\n\n```\n$ tideover show --borrower EN-DUE --now {NOW}\n{shown}```\n"
    )
    (DOCS / "transcripts" / "terminal-en.md").write_text(page, encoding="utf-8")


def record_web(home: Path, url: str, browser: Browser) -> None:
    """Hold the Chinese conversation in a browser, write it down and take pictures of it."""
    link = tideover("link", "--borrower", "ZH-DUE", "--url", url, home=home).split()[-1]
    context = browser.new_context(
        viewport={"width": 430, "height": 1180}, device_scale_factor=2, locale="zh-CN", color_scheme="light"
    )
    page = context.new_page()
    page.goto(link)
    expect(page.locator(".message.assistant .bubble").first).to_be_visible(timeout=PATIENCE_MS)
    for line in CHINESE:
        _do(page, line)
    _picture(page, "chat-zh-end")
    spoken = [item.inner_text().split(":\n", 1) for item in page.locator("#log .message .bubble").all()]
    turns = "\n\n".join(f"**{who}**：{words.strip()}" for who, words in spoken)
    (DOCS / "transcripts" / "web-zh.md").write_text(
        "# 网页上的中文对话\n\n由 `python -m tools.record_story` 录制：先用 `tideover import` 导入测试用的虚构账簿，"
        "再打开专属链接，在浏览器里对话。人物均为虚构。\n\n![聊天截图](../pictures/chat-zh.png)\n\n"
        + turns
        + "\n",
        encoding="utf-8",
    )
    context.close()


def _do(page: Page, line: str) -> None:
    answers = page.locator(".message.assistant .bubble")
    before = answers.count()
    if line.startswith("press:"):
        page.get_by_role("button", name=line.removeprefix("press:"), exact=True).last.click()
    else:
        page.locator("#text").fill(id_of("ZH-DUE") if line == "ID" else line)
        page.keyboard.press("Enter")
    expect(answers.nth(before)).to_be_visible(timeout=PATIENCE_MS)
    page.wait_for_timeout(1200)
    if line == "press:选1":
        _picture(page, "chat-zh")


def _picture(page: Page, name: str) -> None:
    page.screenshot(path=DOCS / "pictures" / f"{name}.png")


def main() -> None:
    """Record both conversations."""
    for folder in ("transcripts", "pictures"):
        (DOCS / folder).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        home, port = Path(place), free_port()
        write_tape(home / "tape")
        print(tideover("import", str(home / "tape"), "--now", NOW, home=home))
        record_terminal(home)
        server = subprocess.Popen(
            [sys.executable, "-m", "tideover", "serve"],
            cwd=ROOT,
            env={**os.environ, "TIDEOVER_HOME": str(home), "TIDEOVER_PORT": str(port)},
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(url)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
                record_web(home, url, browser)
                browser.close()
        finally:
            server.terminate()
            server.wait(timeout=30)


def _wait(url: str) -> None:
    until = time.monotonic() + 240
    while time.monotonic() < until:
        try:
            if httpx.get(f"{url}/health", trust_env=False).json().get("engine") == "ready":
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.5)
    raise SystemExit("the server did not come up")


if __name__ == "__main__":
    main()
