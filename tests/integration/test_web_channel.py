"""The web chat over HTTP: a real server on loopback, a real database, the real gateway, actions and outbox.

Only the Rasa server is replaced, at the boundary of `RasaClient` (tests/support/web_app.py).
"""

from __future__ import annotations

import hashlib
import io
import json
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from PIL import Image
from sqlalchemy import func, select

from bot.channels.web_hub import MOST_LISTENERS
from conversations.models import Conversation, InboundMessage, LinkToken, OutboxMessage
from conversations.outbox import Message, enqueue
from storage.engine import Database
from tests.support.web_app import WebApp, add_borrower, eventually, serving
from transcripts.models import LogEntry

FROM_THE_PAGE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def web(database: Database) -> Iterator[WebApp]:
    with serving(database) as app:
        yield app


@pytest.fixture
def browser(web: WebApp) -> Iterator[httpx.Client]:
    with open_browser(web) as client:
        yield client


@contextmanager
def open_browser(web: WebApp) -> Iterator[httpx.Client]:
    """A browser that has opened the page, with its cookie."""
    with httpx.Client(base_url=web.url, trust_env=False, timeout=20) as client:
        assert client.get("/").status_code == 200
        yield client


def post(client: httpx.Client, *, client_id: str = "", **message: Any) -> httpx.Response:
    body = {"client_id": client_id or str(uuid.uuid4()), **message}
    return client.post("/api/messages", json=body, headers=FROM_THE_PAGE)


def messages(client: httpx.Client, after: int = 0) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/api/messages", params={"after": after}).json()["messages"]
    return found


def answers(client: httpx.Client, count: int) -> list[dict[str, Any]]:
    """Wait for that many answers, and return them."""

    def enough() -> list[dict[str, Any]]:
        found = [message for message in messages(client) if message["voice"] != "you"]
        return found if len(found) >= count else []

    found: list[dict[str, Any]] = eventually(enough)
    return found


def verified(web: WebApp, client: httpx.Client, language: str = "zh") -> None:
    """Link the browser to a borrower and prove who they are."""
    assert post(client, start=add_borrower(web.db, language=language)).status_code == 202
    answers(client, 1)
    assert post(client, text="尾号123X" if language == "zh" else "my last four are 123X").status_code == 202
    answers(client, 3)


class Stream:
    """An open page's event stream, read in the background."""

    def __init__(
        self, client: httpx.Client, url: str = "/api/events", headers: dict[str, str] | None = None
    ) -> None:
        self.views: list[dict[str, Any]] = []
        self.ids: list[str] = []
        self.status = 0
        self._response: httpx.Response | None = None
        self._thread = threading.Thread(target=self._read, args=(client, url, headers or {}), daemon=True)
        self._thread.start()
        eventually(lambda: self.status)

    def messages(self) -> list[dict[str, Any]]:
        return [message for view in self.views for message in view["messages"]]

    def close(self) -> None:
        if self._response is not None:
            self._response.stream.close()  # type: ignore[union-attr]
        self._thread.join(5)

    def _read(self, client: httpx.Client, url: str, headers: dict[str, str]) -> None:
        own = httpx.Client(base_url=client.base_url, cookies=client.cookies, trust_env=False, timeout=30)
        try:
            with own.stream("GET", url, headers=headers) as response:
                self._response, self.status = response, response.status_code
                for line in response.iter_lines():
                    if line.startswith("id: "):
                        self.ids.append(line[4:])
                    elif line.startswith("data: "):
                        self.views.append(json.loads(line[6:]))
        except (httpx.HTTPError, httpx.StreamError, OSError, RuntimeError):
            pass  # closed from outside


def test_a_message_is_answered_and_both_stay_in_order_for_a_reload(browser: httpx.Client) -> None:
    assert post(browser, text="你好，打开菜单").status_code == 202
    (answer,) = answers(browser, 1)
    assert [(m["voice"], m["text"]) for m in messages(browser)] == [
        ("you", "你好，打开菜单"),
        ("assistant", answer["text"]),
    ]
    assert [button["title"] for button in answer["buttons"]][:2] == ["还欠多少", "下次还款日"]
    places = [message["place"] for message in messages(browser)]
    assert places == sorted(set(places))
    assert messages(browser, after=places[0]) == [messages(browser)[1]]
    assert messages(browser, after=places[-1]) == []


def test_a_button_is_pressed_by_its_token_and_shown_by_its_title(browser: httpx.Client) -> None:
    post(browser, text="menu please")
    (menu,) = answers(browser, 1)
    human = next(button for button in menu["buttons"] if button["title"] == "A person, please")
    assert post(browser, button=human["token"]).status_code == 202
    answers(browser, 2)
    assert [m["text"] for m in messages(browser) if m["voice"] == "you"] == [
        "menu please",
        "A person, please",
    ]
    assert browser.get("/api/messages").json()["with"] == "asked"


def test_another_session_cannot_press_my_button(web: WebApp, browser: httpx.Client) -> None:
    post(browser, text="menu please")
    token = answers(browser, 1)[0]["buttons"][0]["token"]
    with open_browser(web) as stranger:
        post(stranger, button=token, language="en")
        (answer,) = answers(stranger, 1)
    with web.db.read() as session:
        pressed = session.scalars(select(InboundMessage).where(InboundMessage.kind == "button")).one()
    assert pressed.details["unknown_button"]
    assert "What I owe" not in answer["text"]


def test_the_same_message_posted_again_is_handled_once(web: WebApp, browser: httpx.Client) -> None:
    name = str(uuid.uuid4())
    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(lambda _: post(browser, client_id=name, text="菜单"), range(6)))
    assert [result.status_code for result in results] == [202] * 6
    assert [result.json()["new"] for result in results].count(True) == 1
    answers(browser, 1)
    with web.db.read() as session:
        assert session.scalar(select(func.count(InboundMessage.id))) == 1
        assert session.scalar(select(func.count(OutboxMessage.id))) == 1


def test_two_sessions_may_use_the_same_client_id(web: WebApp, browser: httpx.Client) -> None:
    name = str(uuid.uuid4())
    with open_browser(web) as other:
        assert post(browser, client_id=name, text="菜单").json() == {"new": True}
        assert post(other, client_id=name, text="menu").json() == {"new": True}


def test_the_session_is_a_random_cookie_that_no_table_holds(web: WebApp, browser: httpx.Client) -> None:
    cookie = browser.cookies["tideover_chat"]
    header = httpx.get(web.url, trust_env=False).headers["set-cookie"].lower()
    assert "httponly" in header and "samesite=lax" in header and "path=/" in header
    assert cookie not in header
    assert "set-cookie" not in browser.get("/").headers
    post(browser, text="菜单")
    with web.db.read() as session:
        address = session.scalars(select(Conversation.address)).one()
    assert address == hashlib.sha256(cookie.encode()).hexdigest()


def test_behind_https_the_cookie_is_secure_and_bound_to_the_host(web: WebApp) -> None:
    header = httpx.get(web.url, trust_env=False, headers={"X-Forwarded-Proto": "https"}).headers["set-cookie"]
    assert header.startswith("__Host-tideover_chat=")
    assert "secure" in header.lower()


def test_without_a_session_nothing_is_shown_or_taken(web: WebApp) -> None:
    with httpx.Client(base_url=web.url, trust_env=False) as nobody:
        for cookie in ("", "tideover_chat=short", "tideover_chat=" + "x" * 44):
            headers = {"Cookie": cookie}
            assert nobody.get("/api/messages", headers=headers).status_code == 401
            assert nobody.get("/api/events", headers=headers).status_code == 401
            assert nobody.get("/api/pictures/1", headers=headers).status_code == 401
            refused = nobody.post(
                "/api/messages", headers=headers, json={"client_id": str(uuid.uuid4()), "text": "hi"}
            )
            assert refused.status_code == 401
            assert refused.json()["error"] == "no_session"
            assert refused.json()["zh"] and refused.json()["en"]
    with web.db.read() as session:
        assert session.scalar(select(func.count(Conversation.id))) == 0


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 202),
        ({"Sec-Fetch-Site": "none"}, 202),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "SELF"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://elsewhere.example"}, 202),
        ({"Origin": "SELF"}, 202),
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 202),
    ],
)
def test_only_our_own_page_may_write(
    web: WebApp, browser: httpx.Client, headers: dict[str, str], status: int
) -> None:
    sent = {name: web.url if value == "SELF" else value for name, value in headers.items()}
    body = {"client_id": str(uuid.uuid4()), "text": "菜单"}
    response = browser.post("/api/messages", json=body, headers=sent)
    assert response.status_code == status
    assert browser.post("/api/leave", headers=sent).status_code == (200 if status == 202 else 403)


def test_ten_thousand_characters_are_taken_and_one_more_is_refused_in_both_languages(
    browser: httpx.Client,
) -> None:
    assert post(browser, text="啊" * 10_000).status_code == 202
    assert post(browser, text="😀" * 10_000).status_code == 202
    refused = post(browser, text="啊" * 10_001)
    assert refused.status_code == 413
    assert refused.json()["error"] == "too_long"
    assert "10,000" in refused.json()["zh"] and "10,001" in refused.json()["en"]
    enormous = post(browser, text="a" * 300_000)
    assert enormous.status_code == 413
    assert enormous.json()["zh"] and enormous.json()["en"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b'{"text": "no id"}',
        b'{"client_id": "1", "text": "not a uuid"}',
        b'{"client_id": "ID", "text": 5}',
        b'{"client_id": "ID"}',
        b'{"client_id": "ID", "text": "a", "button": "b"}',
        b'{"client_id": "ID", "text": "a", "language": "fr"}',
        b'{"client_id": "ID", "text": "\\ud800"}',
        b"\xff\xfe",
    ],
)
def test_what_cannot_be_read_is_refused_in_words(web: WebApp, browser: httpx.Client, body: bytes) -> None:
    sent = body.replace(b"ID", str(uuid.uuid4()).encode())
    headers = FROM_THE_PAGE | {"Content-Type": "application/json"}
    refused = browser.post("/api/messages", content=sent, headers=headers)
    assert refused.status_code == 400
    assert refused.json()["error"] == "unreadable"
    with web.db.read() as session:
        assert session.scalar(select(func.count(InboundMessage.id))) == 0


@pytest.mark.parametrize(
    "text", ["", "   ", "\x00\x01\x1b[31m", "😀😀", "/restart", '/ask_human{"x":1}', "\u202e\u200b"]
)
def test_odd_messages_get_a_kind_answer(web: WebApp, browser: httpx.Client, text: str) -> None:
    assert post(browser, text=text).status_code == 202
    assert answers(browser, 1)[0]["text"]
    assert not any(heard.startswith("/") for heard in web.rasa.heard)


def test_who_writes_too_fast_is_told_how_long_to_wait(browser: httpx.Client, web: WebApp) -> None:
    results = [post(browser, text="菜单") for _ in range(12)]
    assert [result.status_code for result in results[:10]] == [202] * 10
    refused = results[-1]
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 10
    assert refused.headers["Retry-After"] in refused.json()["en"]
    with open_browser(web) as other:
        assert post(other, text="菜单").status_code == 202


def test_a_deep_link_is_used_once_and_by_one_session(web: WebApp, browser: httpx.Client) -> None:
    token, name = add_borrower(web.db), str(uuid.uuid4())
    assert browser.get("/chat", params={"token": token}).status_code == 200
    with web.db.read() as session:
        assert (
            session.scalars(select(LinkToken.used_at)).one() is None
        )  # opening the page alone uses nothing up
    assert post(browser, client_id=name, start=token).json() == {"new": True}
    assert post(browser, client_id=name, start=token).json() == {"new": False}
    (welcome,) = answers(browser, 1)
    assert "证件号码的最后四位" in welcome["text"]
    with open_browser(web) as stranger:
        post(stranger, start=token)
        (refusal,) = answers(stranger, 1)
    assert "链接" in refusal["text"] and "周晓棠" not in refusal["text"]
    with web.db.read() as session:
        linked = session.scalars(select(Conversation.borrower_id).order_by(Conversation.created_at)).all()
        logged = "".join(str(entry.payload) for entry in session.scalars(select(LogEntry)))
    assert linked[0] is not None and linked[1] is None
    assert token not in logged


def test_the_characters_that_prove_identity_are_never_shown_again(web: WebApp, browser: httpx.Client) -> None:
    verified(web, browser)
    own = [message["text"] for message in messages(browser) if message["voice"] == "you" and message["text"]]
    assert own == ["尾号••••"]
    assert "123x" not in browser.get("/api/messages").text.lower()


def test_the_plan_comes_as_a_picture_for_its_own_session_only(web: WebApp, browser: httpx.Client) -> None:
    verified(web, browser)
    post(browser, text="看看还款计划")
    plan = answers(browser, 4)[-1]
    assert "L00001" in plan["picture"]["alt"] and "6期" in plan["picture"]["alt"]
    response = browser.get(plan["picture"]["url"])
    assert response.headers["content-type"] == "image/png"
    assert "private" in response.headers["cache-control"]
    assert Image.open(io.BytesIO(response.content)).width == 1260
    with open_browser(web) as stranger:
        refused = stranger.get(plan["picture"]["url"])
        assert refused.status_code == 404
        assert refused.json()["error"] == "not_found"
    assert browser.get("/api/pictures/1").status_code == 404
    assert browser.get("/api/pictures/999999").status_code == 404
    assert browser.get("/api/pictures/none").status_code == 404


def test_an_open_page_hears_of_everything_once_and_goes_on_where_it_stopped(browser: httpx.Client) -> None:
    stream = Stream(browser)
    post(browser, text="菜单")
    eventually(lambda: len(stream.messages()) == 2)
    stream.close()
    post(browser, text="echo while nobody was listening")
    answers(browser, 2)
    again = Stream(browser, headers={"Last-Event-ID": stream.ids[-1]})
    eventually(lambda: len(again.messages()) == 2)
    again.close()
    everything = [message["id"] for message in stream.messages() + again.messages()]
    assert everything == [message["id"] for message in messages(browser)]


def test_what_a_stream_sends_after_any_place_is_exactly_what_follows_it(browser: httpx.Client) -> None:
    for number in range(4):
        post(browser, text=f"echo {number}")
    answers(browser, 4)
    everything = messages(browser)
    assert len(everything) == 8
    for place in range(0, everything[-1]["place"] + 1):
        expected = [message["id"] for message in everything if message["place"] > place]
        assert [message["id"] for message in messages(browser, after=place)] == expected


def test_a_stream_holds_no_database_session_and_is_forgotten_when_the_page_closes(
    web: WebApp, browser: httpx.Client
) -> None:
    streams = [Stream(browser) for _ in range(MOST_LISTENERS)]
    assert {stream.status for stream in streams} == {200}
    eventually(lambda: all(stream.views for stream in streams))
    eventually(lambda: web.db.engine.pool.checkedout() == 0)  # type: ignore[attr-defined]
    assert Stream(browser).status == 429
    for stream in streams:
        stream.close()
    eventually(lambda: web.hub.open_streams() == 0)


def test_the_page_is_told_when_the_engine_is_starting_and_the_message_waits(
    web: WebApp, browser: httpx.Client
) -> None:
    web.rasa.down, web.is_ready = True, False
    assert browser.get("/health").json() == {"status": "ok", "engine": "starting"}
    post(browser, text="菜单")
    (wait,) = answers(browser, 1)
    assert wait["text"]
    state = browser.get("/api/messages").json()
    assert (state["ready"], state["waiting"]) == (False, True)
    web.rasa.down, web.is_ready = False, True
    assert answers(browser, 2)[1]["buttons"]
    eventually(lambda: browser.get("/api/messages").json()["waiting"] is False)
    assert browser.get("/health").json() == {"status": "ok", "engine": "ready"}


def test_a_colleague_takes_over_and_the_assistant_is_silent(web: WebApp, browser: httpx.Client) -> None:
    post(browser, text="menu")
    answers(browser, 1)
    stream = Stream(browser)
    web.say_as_staff("Hello, this is Chen. How can I help?")
    eventually(lambda: stream.messages()[-1]["voice"] == "colleague")
    assert eventually(lambda: stream.views[-1]["with"] == "person")
    post(browser, text="echo are you there?")
    eventually(lambda: stream.messages()[-1]["text"] == "echo are you there?")
    stream.close()
    state = browser.get("/api/messages").json()
    assert state["waiting"] is False
    assert [message["voice"] for message in state["messages"]][-1] == "you"
    assert web.rasa.heard == ["menu"]


def test_a_reply_that_a_takeover_withheld_is_not_shown(web: WebApp, browser: httpx.Client) -> None:
    post(browser, text="menu")
    answers(browser, 1)
    with web.db.write() as session:
        reply = session.scalars(select(OutboxMessage)).one()
        entry = session.scalars(select(LogEntry).where(LogEntry.kind == "delivery")).one()
        assert entry.payload["message"] == reply.log_entry_id
        conversation = session.scalars(select(Conversation)).one()
        enqueue(
            session,
            conversation,
            Message("written before the takeover", "echo@1"),
            dedupe_key="late",
            lane="reply",
            at=datetime.now(UTC),
        )
        conversation.control, conversation.owner, conversation.control_epoch = "human", "staff-1", 1
    web.deliver(conversation.id)
    assert [message["voice"] for message in messages(browser)] == ["you", "assistant"]


def test_leaving_forgets_the_session_on_this_device(browser: httpx.Client) -> None:
    post(browser, text="菜单")
    answers(browser, 1)
    before = browser.cookies["tideover_chat"]
    assert browser.post("/api/leave", headers=FROM_THE_PAGE).json() == {"left": True}
    assert "tideover_chat" not in browser.cookies
    browser.get("/")
    assert browser.cookies["tideover_chat"] != before
    assert messages(browser) == []


def test_every_answer_carries_the_headers_that_keep_other_pages_out(
    web: WebApp, browser: httpx.Client
) -> None:
    found = [
        browser.get("/"),
        browser.get("/chat"),
        browser.get("/assets/chat.js"),
        browser.get("/assets/chat.css"),
        browser.get("/assets/nothing.js"),
        browser.get("/api/texts"),
        browser.get("/api/messages"),
        browser.get("/api/messages", params={"after": "x"}),
        browser.get("/api/pictures/5"),
        browser.get("/health"),
        httpx.get(f"{web.url}/api/messages", trust_env=False),
        post(browser, text="a" * 10_001),
    ]
    assert [response.status_code for response in found] == [
        200,
        200,
        200,
        200,
        404,
        200,
        200,
        400,
        404,
        200,
        401,
        413,
    ]
    for response in found:
        policy = response.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "no-referrer"


def test_no_file_beside_the_page_can_be_fetched(browser: httpx.Client) -> None:
    for path in (
        "/assets/../web.py",
        "/assets/%2e%2e/web.py",
        "/assets/..%2fweb.py",
        "/assets//etc/passwd",
        "/assets/",
    ):
        assert browser.get(path).status_code in (400, 404)


def test_the_words_of_the_page_are_there_in_both_languages(browser: httpx.Client) -> None:
    words = browser.get("/api/texts").json()
    assert words["zh"].keys() == words["en"].keys()
    assert "（AI）" in words["zh"]["greeting"] and "AI assistant" in words["en"]["greeting"]
    assert "{lender}" not in str(words)
