"""`tideover nlu` under messages nobody should send: a line for each line, no word in the error output."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.support.desk import AT, validator
from tests.support.mutations import messages
from tideover.nlu_service import ensure_model
from tideover.settings import ROOT, Settings

pytestmark = pytest.mark.stack


def read(given: bytes) -> subprocess.CompletedProcess[bytes]:
    """Run the command in a process of its own."""
    command = [sys.executable, "-m", "tideover", "nlu", "--json", "--now", AT]
    return subprocess.run(command, cwd=ROOT, input=given, capture_output=True, check=False)


@pytest.mark.parametrize(
    "count", [1_000, pytest.param(10_000, marks=[pytest.mark.long, pytest.mark.timeout(1200)])]
)
def test_each_strange_line_is_answered_in_its_shape_and_quoted_nowhere_else(count: int) -> None:
    ensure_model(Settings.from_environment(), print)
    given = "\n".join(messages(seed=count, count=count)).encode("utf-8", "surrogatepass")
    lines = [line.rstrip("\r") for line in given.decode("utf-8", "replace").split("\n")]
    assert len(lines) >= count

    result = read(given + b"\n")

    assert result.returncode == 0
    assert result.stderr == read(b"").stderr
    found = [json.loads(line) for line in result.stdout.decode("utf-8").removesuffix("\n").split("\n")]
    assert [item["text"] for item in found] == lines
    shape = validator("nlu.json")
    assert [(item, fault.message) for item in found for fault in shape.iter_errors(item)] == []
