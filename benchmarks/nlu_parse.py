"""Runs in Rasa's environment: parses messages with a trained model, one by one, as a server would.

    python -m benchmarks.nlu_parse MODEL.tar.gz < messages.json

Input: a JSON list of texts. Output: a JSON list of [{intent: confidence}, milliseconds].
"""

import asyncio
import json
import logging
import sys
import time
from typing import Any

import structlog
from rasa.core.agent import Agent


async def parse(model: str, texts: list[str]) -> list[tuple[dict[str, float], float]]:
    """Return every intent's confidence, and the milliseconds it took, for each text."""
    agent = Agent.load(model)
    await agent.parse_message(texts[0])
    parsed = []
    for text in texts:
        began = time.perf_counter()
        found: dict[str, Any] = dict(await agent.parse_message(text))
        elapsed = (time.perf_counter() - began) * 1000
        parsed.append(({each["name"]: each["confidence"] for each in found["intent_ranking"]}, elapsed))
    return parsed


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    json.dump(asyncio.run(parse(sys.argv[1], json.load(sys.stdin))), sys.stdout)
