"""Rasa's intent classifier: trains, keeps and runs `dialogue.model.IntentModel`."""

from typing import Any

import joblib
import numpy
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from dialogue.model import Dense, IntentModel, Meaning

RANKING_LENGTH = 20


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class LinearIntentClassifier(GraphComponent):
    """Sets a message's intent, ranking and other meanings from a linear model. Concepts come as lookup tables.

    Dense sentence features are used too where a featurizer before it sets them. A `ranking_length` of 0 keeps the
    whole ranking.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"strength": 1.0, "ranking_length": RANKING_LENGTH}

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource) -> None:
        self._config, self._storage, self._resource = config, storage, resource
        self._model: IntentModel | None = None

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "LinearIntentClassifier":
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "LinearIntentClassifier":
        component = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            component._model = joblib.load(folder / "intents.joblib")
        return component

    def train(self, training_data: TrainingData) -> Resource:
        """Fit the model on every example that has a text and an intent, and keep it."""
        examples = [e for e in training_data.intent_examples if e.get(TEXT) and e.get(INTENT)]
        concepts = {table["name"]: table["elements"] for table in training_data.lookup_tables}
        self._model = IntentModel(concepts, self._config["strength"])
        self._model.fit(
            [e.get(TEXT) for e in examples], [e.get(INTENT) for e in examples], dense_features(examples)
        )
        with self._storage.write_to(self._resource) as folder:
            joblib.dump(self._model, folder / "intents.joblib")
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Set what each message means; one without text means nothing."""
        told = [message for message in messages if message.get(TEXT)] if self._model else []
        meanings = self._model.read([m.get(TEXT) for m in told], dense_features(told)) if self._model else []
        found = {id(message): meaning for message, meaning in zip(told, meanings, strict=True)}
        for message in messages:
            meant = found.get(id(message), Meaning([], []))
            ranking = [{"name": name, "confidence": chance} for name, chance in meant.ranking]
            message.set("intent", dict(ranking[0]) if ranking else {"name": None, "confidence": 0.0}, True)
            message.set("intent_ranking", ranking[: self._config["ranking_length"] or None], True)
            message.set("also", meant.also, True)
        return messages


def dense_features(messages: list[Message]) -> Dense | None:
    """Return the dense sentence features of messages, a row each, or None where the pipeline makes none."""
    found = [message.get_dense_features(TEXT)[1] for message in messages]
    rows = [features.features for features in found if features is not None]
    return numpy.vstack(rows) if rows else None
