"""Two languages in one conversation: each answer in the language of the message, figures the same in both."""

from __future__ import annotations

import re
from decimal import Decimal

from tests.stack.conftest import Start
from tests.support.look import logged, messages

HAN = re.compile(r"[一-鿿]{4,}")
AMOUNT = re.compile(r"\d[\d,]*\.\d\d")


def in_chinese(words: str) -> bool:
    return HAN.search(words) is not None


async def test_chinese_then_english_then_chinese_in_the_middle_of_an_agreement(talk: Start) -> None:
    async with talk("ZH-DUE", verified=True) as chat:
        await chat.says("能不能延期两个月？")
        assert in_chinese(chat.heard)
        await chat.says("the first one please")
        assert "Please check" in chat.heard
        await chat.says("好的，就按这个办理")
        assert "办好了" in chat.heard
        with chat.database.read() as session:
            [agreement] = chat.agreements(session)
            assert agreement.status == "active"
            assert [message.language for message in messages(chat, session)] == ["zh", "en", "zh"]
            out = [entry.payload["language"] for entry in logged(chat, session, "message_out")]
            assert out[0] == "zh" and out[1] == "en" and out[-1] == "zh"


async def test_english_then_chinese_then_english_in_the_middle_of_a_promise(talk: Start) -> None:
    async with talk("EN-LATE", verified=True) as chat:
        await chat.says("I will pay 2,000 on 25 November")
        assert "Please check" in chat.heard
        await chat.says("改成11月26号")
        assert "请核对" in chat.heard and "11月26日" in chat.heard
        await chat.says("yes, that is right")
        assert "Noted" in chat.heard
        with chat.database.read() as session:
            [promise] = chat.promises(session)
            assert (promise.amount, promise.pay_on.isoformat()) == (Decimal("2000.00"), "2026-11-26")
            assert [message.language for message in messages(chat, session)] == ["en", "zh", "en"]


async def test_what_was_computed_in_one_language_is_confirmed_in_the_other_to_the_cent(talk: Start) -> None:
    async with talk("EN-DUE", verified=True) as chat:
        await chat.says("could I have two more months?")
        await chat.says("选第一个")
        chinese = set(AMOUNT.findall(chat.heard))
        assert "请核对" in chat.heard and chinese
        await chat.says("please say that again in English")
        await chat.says("the first one")
        await chat.says("yes, please do it")
        with chat.database.read() as session:
            [agreement] = chat.agreements(session)
            first = next(row["due"] for row in agreement.quote.rows if Decimal(row["due"]) > 0)
            assert {f"{Decimal(first):,.2f}"} <= chinese
            assert [s.status for s in chat.schedules(session)] == ["superseded", "active"]


async def test_a_language_asked_for_by_name_stays(talk: Start) -> None:
    async with talk("ZH-DUE", verified=True) as chat:
        await chat.says("请用英文跟我说")
        assert chat.heard == "Of course, I will write in English from now on."
        await chat.says("我还欠多少钱")
        assert not in_chinese(chat.heard) and "L-ZH-DUE" in chat.heard
        with chat.database.read() as session:
            conversation = chat.conversation(session)
            assert (conversation.language, conversation.language_pinned) == ("en", True)
        await chat.says("still please speak Chinese to me")
        await chat.says("how much do I owe?")
        assert in_chinese(chat.heard)
        with chat.database.read() as session:
            assert chat.conversation(session).language == "zh"


async def test_chinese_asked_for_by_an_english_borrower_stays(talk: Start) -> None:
    async with talk("EN-DUE", verified=True) as chat:
        await chat.says("can you speak Chinese please")
        assert "中文" in chat.heard
        await chat.says("when is my next payment due?")
        assert in_chinese(chat.heard) and "12月5日" in chat.heard
        with chat.database.read() as session:
            assert chat.conversation(session).language_pinned
            assert {entry.payload["language"] for entry in logged(chat, session, "message_out")} == {"zh"}


async def test_a_mixed_message_is_answered_in_the_language_its_grammar_is_in(talk: Start) -> None:
    async with talk("ZH-DUE", verified=True) as chinese, talk("EN-DUE", verified=True) as english:
        await chinese.says("我想apply延期two months可以吗")
        assert in_chinese(chinese.heard)
        await english.says("can I please have 延期 for two months")
        assert not in_chinese(english.heard)
        with chinese.database.read() as session:
            assert messages(chinese, session)[0].language == "zh"
            assert messages(english, session)[0].language == "en"
            assert chinese.quotes(session) and english.quotes(session)


async def test_ok_a_number_or_an_emoji_does_not_change_the_language(talk: Start) -> None:
    async with talk("ZH-DUE", verified=True) as chinese, talk("EN-DUE", verified=True) as english:
        for words in ("ok", "2", "👍"):
            await chinese.says(words)
            await english.says(words)
            assert in_chinese(chinese.heard) and not in_chinese(english.heard), words
        with chinese.database.read() as session:
            assert chinese.conversation(session).language == "zh"
            assert english.conversation(session).language == "en"
