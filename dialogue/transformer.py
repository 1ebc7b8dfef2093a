"""Rasa's featurizer for a transformer in a local folder; `dialogue.encoder` does the work."""

from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from dialogue.encoder import Encoder, EncoderMissing


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class TransformerFeaturizer(DenseFeaturizer, GraphComponent):
    """Gives every message with a text the vector the transformer in `folder` makes of its `longest` first tokens."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {**DenseFeaturizer.get_default_config(), "folder": ".engine/transformer", "longest": 128}

    def __init__(self, name: str, config: dict[str, Any]) -> None:
        super().__init__(name, config)
        try:
            self._encoder = Encoder(Path(config["folder"]), config["longest"])
        except EncoderMissing as problem:
            raise InvalidConfigException(str(problem)) from problem

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Nothing can be said of the settings before the folder is read."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "TransformerFeaturizer":
        return cls(execution_context.node_name, config)

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Give every example its vector."""
        self.process(training_data.training_examples)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Give every message its vector."""
        told = [message for message in messages if message.get(TEXT)]
        rows = self._encoder.encode([message.get(TEXT) for message in told])
        for message, row in zip(told, rows, strict=True):
            self.add_features_to_message(None, row[None, :], TEXT, message)
        return messages
