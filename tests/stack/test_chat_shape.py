"""Every turn of a whole story is printed in the shape of docs/schemas/chat.json."""

from __future__ import annotations

from tests.stack.conftest import Start
from tests.support.desk import matches


async def test_every_turn_to_an_agreement_and_a_promise_has_the_shape(talk: Start) -> None:
    async with talk("EN-DUE") as chat:
        await chat.says("hello", "could I have two more months please?")
        await chat.identifies()
        await chat.says(
            "the first one", "yes", "I will pay 500 next Friday", "yes", "please stop messaging me"
        )
        shapes = [matches(turn.as_json(), "chat.json") for turn in chat.turns]
        assert shapes[-1]["state"]["agreement"]["status"] == "active"
        assert shapes[-1]["state"]["reminders"] == "stopped"
        assert any(shape["rules"] for shape in shapes)
