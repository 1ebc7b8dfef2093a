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

SCREEN_ACTIONS = {
    "self_harm": "action_crisis",
    "violence": "action_crisis",
    "minor": "action_hard_stop",
    "deceased": "action_hard_stop",
    "attorney": "action_hard_stop",
    "stop": "action_hard_stop",
    "third_party": "action_hard_stop",
}
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
    """A cry for help or a hard stop decides the turn, whether the lexicon or the classifier heard it."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"priority": SAFETY_PRIORITY}

    def next_action(self, tracker: DialogueStateTracker) -> str | None:
        if tracker.latest_action_name != ACTION_LISTEN_NAME or tracker.latest_message is None:
            return None
        intent = INTENT_ACTIONS.get(tracker.latest_message.intent.get("name") or "")
        screened = (tracker.latest_message.metadata or {}).get("screen") or []
        heard = [action for category, action in SCREEN_ACTIONS.items() if category in screened]
        return "action_crisis" if "action_crisis" in (intent, *heard) else next(iter(heard), None)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=False)
class TurnEndPolicy(CertainPolicy):
    """After an action the turn is over: Rasa listens. A follow-up an action asks for comes before any policy."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"priority": TURN_END_PRIORITY}

    def next_action(self, tracker: DialogueStateTracker) -> str | None:
        return None if tracker.latest_action_name == ACTION_LISTEN_NAME else ACTION_LISTEN_NAME
