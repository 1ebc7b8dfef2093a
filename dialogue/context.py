"""What the gateway knows about a turn, brought into the parse: the pending question, and what a button means."""

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.constants import INTENT_MESSAGE_PREFIX
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from dialogue.caution import danger, worrying

NO_QUESTION = "none"
FULL_WIDTH_SLASH = "／"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class TurnContext(GraphComponent):
    """Reads the message's metadata, which only the gateway writes.

    `pending_question` becomes an entity of that name, which fills the slot the rules look at.
    `intent`, there only when a button was pressed, replaces what the classifier thought of the button's title.
    Possible danger counts as danger, the more so when the word screen suspects it (`suspected`); what may be a cry for
    help is marked as worrying. After that comes what the word screen is certain of (`screened`).
    A slash at the start of a text becomes a full-width one: Rasa would obey `/restart` and `/intent` from anyone.
    """

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "TurnContext":
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the context to each message."""
        for message in messages:
            text = message.get(TEXT) or ""
            if text.startswith(INTENT_MESSAGE_PREFIX):
                message.set(TEXT, FULL_WIDTH_SLASH + text[1:], True)
            metadata = message.get("metadata") or {}
            question = metadata.get("pending_question") or NO_QUESTION
            entity = {
                "entity": "pending_question",
                "value": question,
                "start": 0,
                "end": 0,
                "extractor": "TurnContext",
            }
            message.set("entities", [*message.get("entities", []), entity], True)
            ranking = message.get("intent_ranking", [])
            feared = danger(ranking, metadata.get("suspected") or ())
            if feared:
                message.set("intent", dict(feared), True)
            elif metadata.get("screened"):
                message.set("intent", {"name": metadata["screened"], "confidence": 1.0}, True)
            message.set("worrying", worrying(ranking, metadata.get("suspected") or ()), True)
            if metadata.get("intent"):
                known = {"name": metadata["intent"], "confidence": 1.0}
                message.set("intent", known, True)
                message.set("intent_ranking", [known], True)
        return messages
