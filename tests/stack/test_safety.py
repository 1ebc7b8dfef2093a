"""A cry for help, a hard stop: reminders stop, a person is asked for, and nothing is revealed."""

from __future__ import annotations

import pytest

from tests.stack.conftest import Start
from tests.support.look import (
    OF_A_DEBT,
    held_back,
    logged,
    messages,
    nothing_changed,
    nothing_computed,
    templates,
)

CRISES = [
    ("ZH-LATE", "我不想活了", "self_harm", "12356"),
    ("ZH-LATE", "等我死了你们找谁要", "self_harm", "12356"),
    ("EN-LATE", "I want to kill myself", "self_harm", "988"),
    ("EN-LATE", "my family would be better off without me", "self_harm", "988"),
    ("ZH-LATE", "一把火烧了你们公司", "threat_violence", "110"),
    ("EN-LATE", "im going to burn your office to the ground", "threat_violence", "emergency"),
]

STOPS = [
    ("ZH-LATE", "退订", "stop_contact", "stop_contact", None),
    ("ZH-LATE", "TD", "stop_contact", "stop_contact", None),
    ("EN-LATE", "STOP", "stop_contact", "stop_contact", None),
    ("EN-LATE", "please do not message me again", "stop_contact", "stop_contact", None),
    ("ZH-LATE", "我才15岁，这个是我妈妈的号", "minor", "third_party", "third_party"),
    ("EN-LATE", "I'm only fifteen years old", "minor", "third_party", "third_party"),
    ("ZH-LATE", "有事找我律师谈", "attorney_represented", "attorney", "attorney"),
    ("EN-LATE", "talk to my lawyer", "attorney_represented", "attorney", "attorney"),
    ("ZH-LATE", "借款人已经过世", "deceased", "deceased", "deceased"),
    ("EN-LATE", "the borrower is deceased", "deceased", "deceased", "deceased"),
    ("ZH-LATE", "我是他老婆", "third_party", "third_party", "third_party"),
    ("EN-LATE", "this is her husband speaking", "third_party", "third_party", "third_party"),
    ("ZH-LATE", "你们打错了，我不认识这个人", "wrong_person", "wrong_person", "wrong_person"),
    (
        "EN-LATE",
        "you have the wrong number, I don't know this person",
        "wrong_person",
        "wrong_person",
        "wrong_person",
    ),
    ("ZH-LATE", "我已经向法院申请个人破产了", "bankruptcy", "bankruptcy", "bankruptcy"),
    ("EN-LATE", "I have filed for bankruptcy", "bankruptcy", "bankruptcy", "bankruptcy"),
    ("ZH-LATE", "我从来没借过这笔钱，我有异议", "dispute_debt", "dispute", "dispute"),
    ("EN-LATE", "I dispute this debt, I never borrowed it", "dispute_debt", "dispute", "dispute"),
]

AFTER_A_CRY = {"crisis_parked", "crisis_waiting", "crisis_coming"}

# What a borrower has just said of a debt may be said back.
OWN_WORDS = {
    "I dispute this debt, I never borrowed it": "you dispute the debt",
    "I have filed for bankruptcy": "a debt-relief procedure",
}


@pytest.mark.parametrize(("ref", "words", "intent", "line"), CRISES)
async def test_a_cry_for_help_stops_collecting_and_brings_a_person(
    talk: Start, ref: str, words: str, intent: str, line: str
) -> None:
    async with talk(ref) as chat:
        turn = await chat.says(words)
        assert line in chat.heard and not OF_A_DEBT.search(chat.heard)
        assert chat.state["handover"] == "crisis" and chat.state["case"] == "crisis"
        assert chat.state["reminders"] == "stopped"
        assert turn.as_json()["intent"]["name"] == intent
        with chat.database.read() as session:
            assert held_back(chat, session) == {"crisis"}
            assert chat.cases(session)["crisis"].reason == intent
            assert [entry.payload["state"] for entry in logged(chat, session, "handover")] == ["crisis"]
            assert nothing_computed(session)


@pytest.mark.parametrize(("ref", "words", "intent", "reason", "case"), STOPS)
async def test_a_hard_stop_holds_reminders_back_and_reveals_nothing(
    talk: Start, ref: str, words: str, intent: str, reason: str, case: str | None
) -> None:
    async with talk(ref) as chat:
        turn = await chat.says(words)
        assert turn.as_json()["intent"]["name"] == intent
        assert chat.heard and not OF_A_DEBT.search(chat.heard.replace(OWN_WORDS.get(words, ""), ""))
        assert chat.state["reminders"] in ("paused", "stopped")
        assert chat.state["handover"] == ("requested" if case else None)
        assert chat.state["case"] == case and not chat.state["verified"]
        with chat.database.read() as session:
            assert held_back(chat, session) == {reason}
            assert set(chat.cases(session)) == ({case} if case else set())
            assert chat.borrower(session).opted_out is (reason == "stop_contact")
            assert nothing_computed(session)


@pytest.mark.parametrize(
    ("ref", "ask", "cry", "then"),
    [
        (
            "ZH-DUE",
            "能不能延期两个月",
            "真的撑不下去了，想一了百了",
            ["好的", "我还欠多少", "选1", "12月5号还3000"],
        ),
        (
            "EN-DUE",
            "could I have two more months",
            "I just want to end it all",
            ["yes", "what do I owe", "option 1", "I will pay 3000 on 5 December"],
        ),
    ],
)
async def test_after_a_crisis_no_business_is_done_not_even_by_a_button_shown_before(
    talk: Start, ref: str, ask: str, cry: str, then: list[str]
) -> None:
    async with talk(ref, verified=True) as chat:
        await chat.says(ask)
        choice = chat.last.replies[-1]["buttons"][0]["payload"]
        await chat.says(cry)
        for words in [*then, f"!button {choice}"]:
            await chat.says(words)
            assert not OF_A_DEBT.search(chat.heard), words
        with chat.database.read() as session:
            assert set(templates(chat, session)[-len(then) - 1 :]) <= AFTER_A_CRY
            assert nothing_changed(session)
            assert chat.conversation(session).pending == {}


@pytest.mark.parametrize(
    ("ref", "words"),
    [
        ("ZH-LATE", "我律师会跟你们联系，别再发短信给我"),
        ("EN-LATE", "talk to my lawyer and do not text me again, STOP"),
    ],
)
async def test_everything_that_was_heard_counts_not_only_what_is_answered(
    talk: Start, ref: str, words: str
) -> None:
    async with talk(ref) as chat:
        await chat.says(words)
        with chat.database.read() as session:
            assert held_back(chat, session) == {"attorney", "stop_contact"}
            assert chat.borrower(session).opted_out
            assert templates(chat, session) == ["attorney"]


@pytest.mark.parametrize(
    ("ref", "before", "words", "case"),
    [
        ("ZH-LATE", "我要延期", "我已经向法院申请个人破产了", "bankruptcy"),
        (
            "EN-LATE",
            "I need more time",
            "you have the wrong number, I don't know this person",
            "wrong_person",
        ),
    ],
)
async def test_a_hard_stop_said_instead_of_the_identity_is_understood(
    talk: Start, ref: str, before: str, words: str, case: str
) -> None:
    async with talk(ref) as chat:
        await chat.says(before, words)
        assert chat.state["case"] == case
        with chat.database.read() as session:
            assert [message.status for message in messages(chat, session)] == ["done", "done"]
            assert templates(chat, session) == ["ask_identity", case]


@pytest.mark.parametrize(
    ("ref", "stop", "ask"),
    [("ZH-DUE", "不要再发了", "我还欠多少"), ("EN-DUE", "unsubscribe", "how much do I owe?")],
)
async def test_who_stopped_our_messages_can_still_ask_and_knows_the_loan_stands(
    talk: Start, ref: str, stop: str, ask: str
) -> None:
    async with talk(ref, verified=True) as chat:
        await chat.says(stop)
        with chat.database.read() as session:
            assert templates(chat, session) == ["stop_contact", "stop_contact_loan"]
            assert chat.borrower(session).opted_out
        await chat.says(ask)
        assert f"L-{ref}" in chat.heard and chat.state["reminders"] == "stopped"


@pytest.mark.parametrize(
    ("ref", "words", "ask"),
    [
        ("ZH-DUE", "我是他老婆，他手机在我这", "那他还欠多少"),
        ("EN-DUE", "I'm his wife, he left his phone here", "so how much does he owe?"),
    ],
)
async def test_somebody_else_in_a_verified_chat_learns_nothing(
    talk: Start, ref: str, words: str, ask: str
) -> None:
    async with talk(ref, verified=True) as chat:
        await chat.says(words)
        assert not chat.state["verified"] and not OF_A_DEBT.search(chat.heard)
        await chat.says(ask)
        assert not OF_A_DEBT.search(chat.heard)
        with chat.database.read() as session:
            assert held_back(chat, session) == {"third_party"}
            assert chat.conversation(session).verified_at is None
            assert nothing_computed(session)
