"""Rasa's tracker store for a dialogue whose memory is elsewhere: it keeps nothing."""

from collections.abc import Iterable

from rasa.core.tracker_store import InMemoryTrackerStore
from rasa.shared.core.trackers import DialogueStateTracker


class NoMemory(InMemoryTrackerStore):
    """Each message begins with an empty tracker. The pending question travels with the message, so nothing is lost,
    a turn costs the same in the longest conversation, and Rasa keeps no borrower's words."""

    async def save(self, tracker: DialogueStateTracker) -> None:
        await self.stream_events(tracker)

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        return None

    async def keys(self) -> Iterable[str]:
        return []
