"""Two policies beside Rasa's rules: safety first, and one message, one action."""

from typing import Any

from rasa.core.policies.policy import Policy, PolicyPrediction
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.generator import TrackerWithCachedStates
from rasa.shared.core.trackers import DialogueStateTracker

SAFETY_PRIORITY = 7
TURN_END_PRIORITY = 6

INTENT_ACTIONS = {"self_harm": "action_crisis", "threat_violence": "action_crisis"}


class CertainPolicy(Policy):
    """A policy without training: it is certain of one action, or has nothing to say."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "CertainPolicy":
        return cls(config, model_storage, resource, execution_context)

    load = create

    def train(
        self, training_trackers: list[TrackerWithCachedStates], domain: Domain, **kwargs: Any
    ) -> Resource:
        return self._resource

    def next_action(self, tracker: DialogueStateTracker) -> str | None:
        """Return the action to take, or None."""
        raise NotImplementedError

    def predict_action_probabilities(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        rule_only_data: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> PolicyPrediction:
        chances = self._default_predictions(domain)
        action = self.next_action(tracker)
        if action is not None:
            chances[domain.index_for_action(action)] = 1.0
        return self._prediction(chances)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=False)
class SafetyPolicy(CertainPolicy):
    """A cry for help decides the turn, whatever was asked before. What the word screen hears never comes to Rasa."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"priority": SAFETY_PRIORITY}

    def next_action(self, tracker: DialogueStateTracker) -> str | None:
        if tracker.latest_action_name != ACTION_LISTEN_NAME or tracker.latest_message is None:
            return None
        return INTENT_ACTIONS.get(tracker.latest_message.intent.get("name") or "")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=False)
class TurnEndPolicy(CertainPolicy):
    """After an action the turn is over: Rasa listens. A follow-up an action asks for comes before any policy."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"priority": TURN_END_PRIORITY}

    def next_action(self, tracker: DialogueStateTracker) -> str | None:
        return None if tracker.latest_action_name == ACTION_LISTEN_NAME else ACTION_LISTEN_NAME
