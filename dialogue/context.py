"""What the gateway knows about a turn, brought into the parse: the pending question, and what a button means."""

from typing import Any, Dict, List, Text

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.training_data.message import Message

NO_QUESTION = "none"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class TurnContext(GraphComponent):
    """Reads the message's metadata, which only the gateway writes.

    `pending_question` becomes an entity of that name, which fills the slot the rules look at.
    `intent`, there only when a button was pressed, replaces what the classifier thought of the button's title.
    """

    @classmethod
    def create(
        cls, config: Dict[Text, Any], model_storage: ModelStorage, resource: Resource,
        execution_context: ExecutionContext,
    ) -> "TurnContext":
        return cls()

    def process(self, messages: List[Message]) -> List[Message]:
        """Add the context to each message."""
        for message in messages:
            metadata = message.get("metadata") or {}
            question = metadata.get("pending_question") or NO_QUESTION
            entity = {"entity": "pending_question", "value": question, "start": 0, "end": 0, "extractor": "TurnContext"}
            message.set("entities", [*message.get("entities", []), entity], True)
            if metadata.get("intent"):
                known = {"name": metadata["intent"], "confidence": 1.0}
                message.set("intent", known, True)
                message.set("intent_ranking", [known], True)
        return messages
