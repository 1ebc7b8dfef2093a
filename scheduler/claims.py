"""A claim: an outbox row that one process is sending, and the epoch that proves it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from conversations.models import OutboxMessage, SendAttempt
from conversations.sending import Outcome

LEASE = timedelta(seconds=60)


@dataclass(frozen=True)
class Claim:
    """One outbox row this process is sending, and the epoch that proves it."""

    outbox_id: int
    epoch: int
    channel: str
    address: str
    text: str
    buttons: Sequence[tuple[str, str]]
    attachment: Mapping[str, Any]
    template: str


@dataclass
class Step:
    """What a transaction claimed. `wait` is how long until a token is free; `looked` counts rows it decided on."""

    claims: list[Claim] = field(default_factory=list)
    wait: float = 0.0
    looked: int = 0


Finished = Sequence[tuple[Claim, Outcome]]


def claim_row(session: Session, row: OutboxMessage, owner: str, now: datetime) -> Claim:
    """Note that `owner` is about to send the row; flushed, so that the next reminder's caps count it.

    `now` is what the caps and the log go by; the lease goes by real time.
    """
    real = datetime.now(UTC)
    row.status, row.sending_at = "sending", now
    row.lease_owner, row.lease_until = owner, real + LEASE
    row.lease_epoch += 1
    session.add(
        SendAttempt(outbox_id=row.id, number=row.lease_epoch, lease_epoch=row.lease_epoch, started_at=real)
    )
    session.flush()
    return Claim(
        outbox_id=row.id,
        epoch=row.lease_epoch,
        channel=row.channel,
        address=row.address,
        text=row.text or "",
        buttons=[(button["title"], button["payload"]) for button in row.buttons],
        attachment=row.attachment,
        template=row.template,
    )
