"""The dialogue model's data fit together: examples, rules, domain, actions and held-out messages."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import yaml

from actions.endpoint import build_executor
from bot.normalise import normalise
from bot.plain_words import model_text
from dialogue.tokens import cut
from tideover import nlu_data
from tideover.nlu_data import LANGUAGES, NLU_DATA
from tideover.settings import ROOT

WITHOUT_EXAMPLES = {"nlu_fallback"}
FEWEST = 150
FEWEST_OUT_OF_SCOPE = 500
WORDS_ANYONE_WOULD_CHOOSE = 5


def load(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


DOMAIN = load("domain.yml")
RULES = [
    rule
    for path in sorted(nlu_data.RULES.glob("*.yml"))
    for rule in yaml.safe_load(path.read_text())["rules"]
]


def steps(kind: str) -> set[str]:
    return {step[kind] for rule in RULES for step in rule["steps"] if kind in step}


def test_every_example_has_a_text() -> None:
    assert [example for example in nlu_data.examples() if not example.text] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_intent_has_enough_examples_in_each_language(language: str) -> None:
    counts = Counter(
        example.intent for example in nlu_data.distinct_examples() if example.language == language
    )
    fewest = {
        intent: FEWEST_OUT_OF_SCOPE if intent == "out_of_scope" else FEWEST for intent in DOMAIN["intents"]
    }
    short = {intent: counts[intent] for intent in fewest if counts[intent] < fewest[intent]}
    assert set(short) == WITHOUT_EXAMPLES


def test_no_text_is_an_example_of_two_intents() -> None:
    meanings: dict[str, set[str]] = {}
    for example in nlu_data.examples():
        meanings.setdefault(example.text, set()).add(example.intent)
    assert {text: intents for text, intents in meanings.items() if len(intents) > 1} == {}


@pytest.mark.parametrize(
    "path",
    sorted((NLU_DATA / "nlu").rglob("*.yml")),
    ids=lambda path: "-".join(path.with_suffix("").parts[-3:]),
)
def test_no_line_stands_twice_in_a_file(path: Any) -> None:
    blocks = yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]
    lines = Counter(line for block in blocks for line in block["examples"].splitlines())
    assert [line for line, times in lines.items() if times > 1] == []


def test_domain_and_examples_have_the_same_intents() -> None:
    assert {example.intent for example in nlu_data.examples()} == set(DOMAIN["intents"]) - WITHOUT_EXAMPLES


def test_every_intent_has_a_rule_for_when_nothing_was_asked() -> None:
    unconditional = {rule["steps"][0]["intent"] for rule in RULES if "condition" not in rule}
    assert unconditional == set(DOMAIN["intents"])


def test_no_two_rules_answer_the_same_intent_to_the_same_question() -> None:
    situations = Counter((str(rule.get("condition")), rule["steps"][0]["intent"]) for rule in RULES)
    assert [situation for situation, times in situations.items() if times > 1] == []


def test_rules_name_only_intents_actions_and_questions_of_the_domain() -> None:
    questions = {
        condition["slot_was_set"][0]["pending_question"]
        for rule in RULES
        for condition in rule.get("condition", [])
    }
    assert steps("intent") <= set(DOMAIN["intents"])
    assert steps("action") <= set(DOMAIN["actions"])
    assert questions <= set(DOMAIN["slots"]["pending_question"]["values"])


def test_the_domain_and_the_action_server_have_the_same_actions() -> None:
    assert set(DOMAIN["actions"]) == {name for name in build_executor().actions if name.startswith("action_")}


def measured() -> list[str]:
    """Every message kept for measuring, as the model sees it."""
    known = [message.text for name in ("heldout", "unseen") for message in nlu_data.held_out(name)]
    dangerous = [lines for language in LANGUAGES for lines in nlu_data.dangerous(language).values()]
    return known + [model_text(line) for lines in dangerous for line in lines]


def test_a_message_kept_for_measuring_is_no_training_example_unless_anyone_would_say_it() -> None:
    training = {example.text for example in nlu_data.examples()}
    shared = [text for text in measured() if text in training]
    assert [text for text in shared if len(cut(text)) > WORDS_ANYONE_WOULD_CHOOSE] == []


def test_held_out_messages_are_of_intents_that_exist() -> None:
    kept = [*nlu_data.held_out("heldout"), *nlu_data.held_out("unseen")]
    meanings = {intent for message in kept for intent in (message.intent, *message.also)}
    assert meanings <= set(DOMAIN["intents"])


def test_every_concept_has_words_and_a_name_that_is_a_word() -> None:
    for name, terms in nlu_data.concepts().items():
        assert isinstance(name, str) and terms and all(terms), name


def test_normalising_an_example_again_changes_nothing() -> None:
    assert all(normalise(example.text) == example.text for example in nlu_data.examples())
