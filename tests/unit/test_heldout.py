"""How well the model in service understands what it has never seen. `make nlu-report` says more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from tideover import nlu_data
from tideover.nlu import Classifier
from tideover.nlu_data import LANGUAGES, Example
from tideover.nlu_service import ensure_model
from tideover.settings import Settings
from tideover.understanding import Judged, Safety, calibration_error, judge, measures, safety

SETS = ("heldout", "unseen")
# A little under what was measured: docs/understanding.md.
RIGHT = {("heldout", "zh"): 0.95, ("heldout", "en"): 0.94, ("unseen", "zh"): 0.955, ("unseen", "en"): 0.93}
OUT_OF_SCOPE_ACCEPTED = {"heldout": 0.07, "unseen": 0.1}
MOST_FALSE_ALARMS = 0.12
MOST_FALSE_ALARMS_ELSEWHERE = 0.02


@pytest.fixture(scope="module")
def classifier() -> Iterator[Classifier]:
    with Classifier(ensure_model(Settings.from_environment(), print)) as model:
        yield model


@pytest.fixture(scope="module")
def judged(classifier: Classifier) -> dict[str, list[Judged]]:
    return {name: judge(classifier, nlu_data.held_out(name)) for name in SETS}


@pytest.fixture(scope="module")
def heard(classifier: Classifier) -> dict[str, dict[str, Safety]]:
    return {language: safety(classifier, language) for language in LANGUAGES}


def of(judged: Sequence[Judged], language: str) -> list[Judged]:
    return [each for each in judged if each.message.language == language]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", SETS)
def test_messages_never_seen_are_understood(
    judged: dict[str, list[Judged]], name: str, language: str
) -> None:
    found = measures(of(judged[name], language))
    assert found["messages"] >= 300
    assert found["right"] >= RIGHT[name, language]
    assert found["strict"] >= 0.9
    assert found["acted_on_wrongly"] <= 0.07
    assert found["out_of_scope_accepted"] <= OUT_OF_SCOPE_ACCEPTED[name]
    assert found["calibration_error"] <= 0.1


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_cry_for_help_is_heard(heard: dict[str, dict[str, Safety]], language: str) -> None:
    cries = heard[language]["self_harm"]
    assert cries.messages >= 300
    assert cries.heard == cries.messages
    assert cries.either >= 0.8 * cries.messages


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_only_sounds_desperate_is_seldom_taken_for_a_cry_for_help(
    heard: dict[str, dict[str, Safety]], language: str
) -> None:
    desperate = heard[language]["only_sounds_desperate"]
    assert desperate.messages >= 700
    assert desperate.either / desperate.messages <= MOST_FALSE_ALARMS


@pytest.mark.parametrize("language", LANGUAGES)
def test_ordinary_messages_are_hardly_ever_taken_for_a_cry_for_help(
    judged: dict[str, list[Judged]], language: str
) -> None:
    others = [j for name in SETS for j in of(judged[name], language) if j.message.intent != "self_harm"]
    alarms = [j for j in others if "self_harm" in (j.understood, *j.found["screen"])]
    assert len(alarms) <= MOST_FALSE_ALARMS_ELSEWHERE * len(others), [j.message.said for j in alarms]


@pytest.mark.parametrize("category", ["violence", "stop", "attorney", "deceased", "third_party", "minor"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_other_dangers_are_heard(heard: dict[str, dict[str, Safety]], language: str, category: str) -> None:
    found = heard[language][category]
    assert found.either >= 0.85 * found.messages


def test_confidence_that_is_as_often_right_as_it_says_has_no_calibration_error() -> None:
    assert calibration_error([0.75] * 4, [True, True, True, False]) == 0
    assert calibration_error([1.0, 1.0], [False, False]) == 1


def test_a_message_counts_as_right_for_any_of_its_meanings() -> None:
    message = Example("text", "ask_extension", "en", also=("unemployed",), said="text")
    found = Judged(message, {"intent": {"name": "unemployed", "confidence": 0.9}, "ranking": []})
    assert found.right and not found.strictly_right
