"""A dialogue engine for tests of bad moments: a Rasa server of its own, reached by and reaching out through relays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.support.relay import Relay
from tideover.engine import RasaServer, read_state
from tideover.settings import Settings


class FragileEngine:
    """`rasa` relays from the gateway to Rasa, `actions` from Rasa to the shared action server."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        state = read_state(settings)
        assert state is not None
        self._settings = replace(settings, engine_home=folder)
        self._model, self._token = (
            Path(state.model),
            (settings.engine_home / "actions.token").read_text().strip(),
        )
        self.actions = Relay(lambda: state.actions_url)
        self.rasa = Relay(lambda: self._server.url)
        self._server = self._new_server()

    async def start(self) -> None:
        """Start Rasa and wait until it answers."""
        self._server = self._new_server()
        self._server.start()
        await self._server.ready()

    def kill(self) -> None:
        """SIGKILL to Rasa."""
        assert self._server.process is not None
        self._server.process.kill()
        self._server.process.wait()

    def mend(self) -> None:
        """Open whatever a test has shut."""
        for relay in (self.actions, self.rasa):
            relay.shut()
            relay.open()

    def close(self) -> None:
        """End everything."""
        self._server.stop()
        self.actions.shut()
        self.rasa.shut()

    def _new_server(self) -> RasaServer:
        return RasaServer(self._settings, self._model, self.actions.url, self._token)
