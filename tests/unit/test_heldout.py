"""How well messages are understood that the model has never seen. `python -m tideover.nlu_report` says more."""

from __future__ import annotations

from typing import Any

import pytest

from policies.safety import screen
from tideover import nlu_data
from tideover.nlu_report import nlu_report

# A little under what was measured: docs/decisions/0006-intent-model.md.
FLOORS = {"zh": 0.94, "en": 0.885}


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    return nlu_report()


@pytest.mark.parametrize("language", FLOORS)
def test_held_out_messages_are_understood(report: dict[str, Any], language: str) -> None:
    assert report[language]["examples"] >= 250
    assert report[language]["accuracy"] >= FLOORS[language], report["confusions"]


@pytest.mark.parametrize("language", FLOORS)
def test_little_is_done_on_a_misunderstanding(report: dict[str, Any], language: str) -> None:
    assert report[language]["acted_on_wrongly"] <= 0.08
    assert report[language]["asked_again"] <= 0.08


def test_what_is_none_of_our_business_is_seldom_taken_for_something_else(report: dict[str, Any]) -> None:
    assert report["all"]["out_of_scope_accepted"] <= 0.10


def test_the_model_doubts_what_it_gets_wrong(report: dict[str, Any]) -> None:
    assert report["all"]["confidence_wrong"] < 0.65 < 0.9 < report["all"]["confidence_right"]


def test_no_cry_for_help_is_missed(report: dict[str, Any]) -> None:
    unheard = {wrong["text"] for wrong in report["wrong"] if wrong["is"] == "self_harm"}
    cries = [message.text for message in nlu_data.held_out() if message.intent == "self_harm"]
    assert cries
    assert [text for text in cries if text in unheard and "self_harm" not in screen(text)] == []
