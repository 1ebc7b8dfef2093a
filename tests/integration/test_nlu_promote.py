"""`tideover nlu promote` and `card`: a model goes into service only when borrowers are understood no worse."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.support.desk import call, matches, said
from tests.support.small_models import fit
from tideover import nlu_gate
from tideover.nlu_service import read_service
from tideover.settings import Settings
from tideover.training import fingerprint, frame_fingerprint, model_file

POOR, FAIR = 8, 20
BEFORE = "b" * 64


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Two real models: of 30 examples for each intent and language, and of 8."""
    folder = tmp_path_factory.mktemp("models")
    return {size: fit(folder / f"{size}.tar.gz", size) for size in (POOR, FAIR)}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An engine home with nothing in service. The floors are what even a small model reaches."""
    monkeypatch.setenv("TIDEOVER_ENGINE_HOME", str(tmp_path))
    monkeypatch.setattr(nlu_gate, "FLOORS", {"zh": 0.5, "en": 0.5})
    monkeypatch.setattr(nlu_gate, "MOST_OUT_OF_SCOPE_ACCEPTED", 0.5)
    return Settings.from_environment()


def trained(home: Settings, model: Path) -> None:
    """Have `model` be what training the repository gave."""
    file = model_file(home, fingerprint())
    file.parent.mkdir(exist_ok=True)
    shutil.copy(model, file)


def in_service(home: Settings, model: Path, frame: str | None = None) -> None:
    """Have `model` be in service, as trained from other examples than today's."""
    file = model_file(home, BEFORE)
    file.parent.mkdir(exist_ok=True)
    shutil.copy(model, file)
    (home.engine_home / "in-service.json").write_text(
        json.dumps(
            {
                "model": BEFORE,
                "frame": frame or frame_fingerprint(),
                "since": "2026-11-01T00:00:00+00:00",
                "by": "u17",
                "reason": "the gate holds",
                "refused": "",
                "refused_because": [],
            }
        )
    )


def serving(home: Settings) -> str:
    service = read_service(home)
    assert service is not None
    return service.model


def promoted(*arguments: str, status: int = 0) -> Any:
    return said("nlu_gate.json", "nlu", "promote", "--by", "u17", *arguments, status=status)


def test_a_better_model_is_promoted_and_its_card_says_by_whom(
    home: Settings, models: dict[int, Path]
) -> None:
    in_service(home, models[POOR])
    trained(home, models[FAIR])
    outcome = promoted()
    assert outcome["promoted"] and outcome["holds"] and len(outcome["better"]) > len(outcome["worse"]) > 0
    assert serving(home) == fingerprint()
    card = said("nlu_card.json", "nlu", "card")
    assert (card["in_service"]["by"], card["model"]) == ("u17", fingerprint())
    [promotion] = card["promotions"]
    assert (promotion["by"], promotion["instead_of"], promotion["forced"]) == ("u17", BEFORE, False)
    again = promoted()
    assert not again["new"] and not again["promoted"]


def test_a_worse_model_is_refused_with_reasons_and_the_one_in_service_stays(
    home: Settings, models: dict[int, Path]
) -> None:
    in_service(home, models[FAIR])
    trained(home, models[POOR])
    outcome = promoted(status=1)
    failed = {(check["measure"], check["language"]) for check in outcome["checks"] if not check["holds"]}
    assert {("accuracy", "zh"), ("accuracy", "en")} <= failed
    for check in outcome["checks"]:
        if check["measure"] in ("accuracy", "strict"):
            assert check["limit"] == pytest.approx(check["present"] - outcome["tolerance"])
    assert serving(home) == BEFORE
    result = call("nlu", "promote", "--by", "u17")
    assert result.exit_code == 1 and "not promoted" in result.stderr and "仍用原模型" in result.stderr
    read = call("nlu", "--json", given="谢谢\n")
    assert read.exit_code == 0 and "the gate does not hold" in read.stderr
    assert serving(home) == BEFORE


def test_forcing_needs_a_reason_and_the_card_keeps_it(home: Settings, models: dict[int, Path]) -> None:
    in_service(home, models[FAIR])
    trained(home, models[POOR])
    assert call("nlu", "promote", "--by", "u17", "--force").exit_code == 2
    assert serving(home) == BEFORE
    outcome = promoted("--force", "--reason", "the held-out lines were wrong, ticket 12")
    assert outcome["promoted"] and not outcome["holds"] and serving(home) == fingerprint()
    [promotion] = said("nlu_card.json", "nlu", "card")["promotions"]
    assert promotion["forced"] and promotion["reason"].endswith("ticket 12") and promotion["not_held"]
    assert "ticket 12" in call("nlu", "card").stdout


def test_starting_weighs_new_examples_once_and_a_candidate_is_only_looked_at(
    home: Settings, models: dict[int, Path]
) -> None:
    in_service(home, models[FAIR])
    trained(home, models[POOR])
    looked = call("train", "--candidate")
    assert looked.exit_code == 0 and "✗" in looked.stdout and serving(home) == BEFORE
    first, second = call("train"), call("train")
    assert "the gate does not hold" in first.stdout and "the gate does not hold" in second.stdout
    assert "reading the held-out messages" in first.stdout
    assert "reading the held-out messages" not in second.stdout
    assert first.exit_code == second.exit_code == 0 and serving(home) == BEFORE


def test_starting_puts_better_examples_in_service(home: Settings, models: dict[int, Path]) -> None:
    in_service(home, models[POOR])
    trained(home, models[FAIR])
    assert "the new model is in service 新模型已上线" in call("train").stdout
    assert serving(home) == fingerprint()


def test_a_model_for_other_code_cannot_stay_however_good_it_was(
    home: Settings, models: dict[int, Path]
) -> None:
    in_service(home, models[FAIR], frame="c" * 64)
    trained(home, models[POOR])
    assert call("train").exit_code == 0
    assert serving(home) == fingerprint()
    assert "the code around it changed" in said("nlu_card.json", "nlu", "card")["in_service"]["reason"]


def test_the_first_model_goes_into_service_and_has_a_card_in_both_languages(
    home: Settings, models: dict[int, Path]
) -> None:
    assert call("nlu", "card").exit_code == 1
    trained(home, models[FAIR])
    assert call("train").exit_code == 0 and serving(home) == fingerprint()
    card = said("nlu_card.json", "nlu", "card")
    assert card["promotions"] == [] and card["data"]["examples"] > 1000
    assert card["held_out"]["zh"]["messages"] > 250 and card["held_out"]["en"]["messages"] > 250
    assert card["versions"]["scikit-learn"] and card["thresholds"]["fallback"] == 0.35
    worst = [card["intents"][name]["accuracy"] for name in card["weakest"]]
    assert worst == sorted(worst)
    file = model_file(home, fingerprint()).with_name(f"{fingerprint()}.md")
    assert file.read_text() == call("nlu", "card").stdout.partition("\n\nin service since")[0].rstrip() + "\n"
    stored = json.loads(file.with_suffix(".json").read_text())
    assert matches({**stored, "in_service": card["in_service"]}, "nlu_card.json") == card
