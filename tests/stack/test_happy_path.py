"""From a greeting to a new schedule, in both languages."""

from __future__ import annotations

from decimal import Decimal

from tests.stack.conftest import Start


async def test_two_more_months_are_asked_for_chosen_read_back_and_signed_in_chinese(talk: Start) -> None:
    async with talk("ZH-DUE") as chat:
        await chat.says("你好", "最近生意不好，能不能延期两个月？")
        assert "最后四位" in chat.heard
        await chat.identifies()
        assert "L-ZH-DUE" in chat.heard and "选1" in chat.buttons
        await chat.presses("选1")
        assert "请核对" in chat.heard
        await chat.presses("确认办理")
        assert "办好了" in chat.heard
        assert chat.state["agreement"]["status"] == "active"
        with chat.database.read() as session:
            [agreement] = chat.agreements(session)
            old, new = chat.schedules(session)
            assert (old.status, new.status, new.agreement_id) == ("superseded", "active", agreement.id)
            assert sum(row.principal for row in new.instalments) == Decimal("60000.00")
            quoted = [(row["due_on"], row["due"]) for row in agreement.quote.rows]
            assert quoted == [(row.due_on.isoformat(), str(row.due)) for row in new.instalments]


async def test_two_more_months_are_asked_for_chosen_read_back_and_signed_in_english(talk: Start) -> None:
    async with talk("EN-DUE") as chat:
        await chat.says("hello", "business is slow, could I have two more months please?")
        assert "last four characters" in chat.heard
        await chat.identifies()
        assert "L-EN-DUE" in chat.heard and "Option 1" in chat.buttons
        await chat.says("the second one")
        assert "Please check" in chat.heard
        await chat.says("yes")
        assert "It is done" in chat.heard
        with chat.database.read() as session:
            [agreement] = chat.agreements(session)
            assert agreement.status == "active"
            assert [schedule.version for schedule in chat.schedules(session)] == [1, 2]
