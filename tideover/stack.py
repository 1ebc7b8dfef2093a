"""All parts put together: what one process of Tideover is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.gateway import Gateway, Hear
from bot.rasa_client import RasaClient
from conversations.attachments import maker
from conversations.sending import Sender
from policies.contact import contact_policy
from scheduler.dispatcher import Dispatcher
from storage.engine import Database
from storage.homes import register
from tideover.engine import read_state
from tideover.settings import Settings


class Stack:
    """A home's database with the gateway in front of it and the dispatcher behind it."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        senders: Mapping[str, Sender],
        *,
        rasa_url: Callable[[], str | None] | None = None,
        hear: Hear | None = None,
    ) -> None:
        self.settings, self.database = settings, database
        self.home_key = register(settings.engine_home / "homes", settings.database_url)
        self.rasa = RasaClient(rasa_url or (lambda: running_rasa(settings)))
        self.dispatcher = Dispatcher(
            database, senders, policy=contact_policy(settings.contact_profile), make=maker(database)
        )
        self.gateway = Gateway(database, self.rasa, self.home_key, self._deliver, hear)

    async def close(self) -> None:
        """Finish what is in flight and close everything."""
        self.dispatcher.stop()
        await self.gateway.close()
        await self.rasa.close()

    async def _deliver(self, conversation_id: str) -> int:
        return await self.dispatcher.dispatch_replies(conversation_id)


def running_rasa(settings: Settings) -> str | None:
    """Return the address of the Rasa server that runs on this machine, or None."""
    state = read_state(settings)
    return state.rasa_url if state else None
