"""The only way to Rasa: one HTTP call a turn, with redacted text under an opaque conversation id."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import httpx

MODEL_TEXT_LIMIT = 1000


class RasaUnavailable(Exception):
    """Rasa is starting, down or too slow; the message can be handled again later."""


class RasaClient:
    """Talks to the Rasa server at `base_url()`, asked for at each call since the server may be restarted elsewhere."""

    def __init__(self, base_url: Callable[[], str | None], *, timeout_seconds: float = 20.0) -> None:
        self._base_url = base_url
        self._http = httpx.AsyncClient(timeout=httpx.Timeout(timeout_seconds, connect=2.0), trust_env=False)

    async def turn(self, sender: str, text: str, metadata: Mapping[str, Any]) -> None:
        """Let Rasa decide what a message means and call the action that answers it.

        Raises RasaUnavailable when no answer comes. What the action said is in our database, not in the response.
        """
        base_url = self._base_url()
        if base_url is None:
            raise RasaUnavailable("Rasa has not started yet")
        body = {"sender": sender, "message": shorten(text), "metadata": dict(metadata)}
        try:
            response = await self._http.post(f"{base_url}/webhooks/rest/webhook", json=body)
            response.raise_for_status()
        except httpx.HTTPError as error:
            raise RasaUnavailable(f"{type(error).__name__} from Rasa at {base_url}") from error

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()


def shorten(text: str) -> str:
    """Return what the dialogue model is given of a very long message: its beginning and its end."""
    if len(text) <= MODEL_TEXT_LIMIT:
        return text
    half = MODEL_TEXT_LIMIT // 2
    return f"{text[:half]} … {text[-half:]}"
