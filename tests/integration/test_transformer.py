"""A transformer in a local folder: its vectors, a model trained with it, and what is said when it is not there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.desk import call
from tests.support.small_models import fit
from tideover.nlu import Classifier
from tideover.nlu_service import read_service
from tideover.settings import ROOT, Settings
from tideover.training import (
    RASA_ENVIRONMENT,
    RASA_PYTHON,
    data_fingerprint,
    evenly,
    fingerprint,
    frame_fingerprint,
    model_file,
    write_training_data,
)

MESSAGES = ["我失业了，能不能延期两个月", "i lost my job, can you help?", "谢谢", "how much do i owe"]
REFERENCE = json.loads((ROOT / "tests" / "data" / "tiny_bert_vectors.json").read_text(encoding="utf-8"))
PIPELINE = ROOT / "config.transformer.yml"


def in_rasa(*module: str, given: Any = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(RASA_PYTHON), "-m", *module],
        cwd=ROOT,
        env={**os.environ, **RASA_ENVIRONMENT},
        input=json.dumps(given),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def vectors(folder: Path, texts: list[str]) -> list[list[float]]:
    """The vectors of the texts, after writing the tiny model into the folder."""
    found: list[list[float]] = json.loads(
        in_rasa("tests.support.tiny_transformer", str(folder), given=texts).stdout
    )
    return found


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An engine home of its own, three examples of each intent and language, and a pipeline with the tiny model."""
    vectors(tmp_path / "tiny", MESSAGES)
    pipeline = yaml.safe_load(PIPELINE.read_text(encoding="utf-8"))
    for step in pipeline["pipeline"]:
        if "folder" in step:
            step["folder"] = str(tmp_path / "tiny")
    (tmp_path / "pipeline.yml").write_text(yaml.safe_dump(pipeline), encoding="utf-8")
    monkeypatch.setenv("TIDEOVER_ENGINE_HOME", str(tmp_path / "engine"))
    monkeypatch.setenv("TIDEOVER_PIPELINE", str(tmp_path / "pipeline.yml"))
    monkeypatch.setenv("TIDEOVER_MOST_EXAMPLES", "3")
    return Settings.from_environment()


def test_vectors_are_those_of_the_transformers_library(tmp_path: Path) -> None:
    for found, known in zip(
        vectors(tmp_path / "tiny", REFERENCE["texts"]), REFERENCE["vectors"], strict=True
    ):
        assert found == pytest.approx(known, abs=2e-5)


def test_a_message_has_the_same_vector_whatever_it_is_read_with_and_however_long_it_is(
    tmp_path: Path,
) -> None:
    endless = "还不上钱 " * 500
    together = vectors(tmp_path / "tiny", [*MESSAGES, endless, ""])
    assert together[0] == pytest.approx(vectors(tmp_path / "tiny", MESSAGES[:1])[0], abs=1e-5)
    assert together[4] == pytest.approx(vectors(tmp_path / "tiny", [endless * 2])[0], abs=1e-5)
    assert together[0] != pytest.approx(together[1], abs=1e-2)


@pytest.mark.timeout(900)
def test_a_model_trained_with_it_is_read_alike_by_rasa_and_without_and_not_at_all_when_it_is_gone(
    home: Settings,
) -> None:
    trained = call("train")
    assert trained.exit_code == 0, trained.output
    service = read_service(home)
    assert service is not None and service.model == fingerprint()
    model = model_file(home, fingerprint())
    card = json.loads(model.with_name(f"{fingerprint()}.json").read_text(encoding="utf-8"))
    assert "TransformerFeaturizer" in card["pipeline"]
    with Classifier(model) as classifier:
        without = classifier.read(MESSAGES)
    parsed = json.loads(in_rasa("benchmarks.nlu_parse", str(model), given=MESSAGES).stdout.splitlines()[-1])
    for (chances, _), read in zip(parsed, without, strict=True):
        assert chances == pytest.approx(
            {each["name"]: each["confidence"] for each in read["ranking"]}, abs=1e-4
        )
    gone = home.pipeline.with_name("tiny")
    shutil.rmtree(gone)
    refused = in_rasa("dialogue.nlu_lines", str(model))
    assert refused.returncode == 1 and f"the transformer's folder {gone} lacks" in refused.stderr
    assert "请把模型放到该处" in refused.stderr
    again = call("train", "--force")
    assert again.exit_code == 1 and f"the transformer's folder {gone} lacks" in again.stderr


def test_a_model_with_dense_features_of_another_kind_is_not_read_without_rasa(tmp_path: Path) -> None:
    refused = in_rasa("dialogue.nlu_lines", str(fit(tmp_path / "dense.tar.gz", 3, dense_size=8)))
    assert refused.returncode == 1 and "only the Rasa server makes" in refused.stderr
    assert "tideover chat" in refused.stderr and "请使用" in refused.stderr


def test_the_pipeline_the_number_of_examples_and_the_transformer_make_another_model(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = {(fingerprint(), data_fingerprint())}
    frame = frame_fingerprint()
    (home.pipeline.with_name("tiny") / "model.safetensors").write_bytes(b"other weights")
    seen.add((fingerprint(), data_fingerprint()))
    monkeypatch.setenv("TIDEOVER_MOST_EXAMPLES", "4")
    seen.add((fingerprint(), data_fingerprint()))
    monkeypatch.delenv("TIDEOVER_PIPELINE")
    seen.add((fingerprint(), data_fingerprint()))
    assert len({model for model, _ in seen}) == len({data for _, data in seen}) == 4
    assert frame_fingerprint() == frame


def test_the_transformers_pipeline_is_the_usual_one_with_one_step_more() -> None:
    usual, more = (
        yaml.safe_load(file.read_text(encoding="utf-8")) for file in (ROOT / "config.yml", PIPELINE)
    )
    added = [step for step in more["pipeline"] if step not in usual["pipeline"]]
    assert [step["name"] for step in added] == ["dialogue.transformer.TransformerFeaturizer"]
    more["pipeline"].remove(added[0])
    assert more == usual


def test_the_fast_profile_learns_a_few_examples_of_everything(tmp_path: Path) -> None:
    write_training_data(tmp_path / "few", 3)
    write_training_data(tmp_path / "all")
    few, every = (
        yaml.safe_load((tmp_path / name / "nlu.yml").read_text(encoding="utf-8"))["nlu"]
        for name in ("few", "all")
    )
    intents = {block["intent"] for block in every if "intent" in block}
    assert {block["intent"] for block in few if "intent" in block} == intents and len(intents) > 40
    assert all(1 <= block["examples"].count("\n") <= 3 for block in few if "intent" in block)
    assert evenly("abcdefg", 3) == ["a", "c", "e"] and evenly("ab", 3) == ["a", "b"]


@pytest.mark.parametrize(("name", "value"), [("PIPELINE", "nowhere.yml"), ("MOST_EXAMPLES", "2")])
def test_a_setting_that_makes_no_sense_is_named(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"TIDEOVER_{name}"):
        Settings.from_environment({f"TIDEOVER_{name}": value})
