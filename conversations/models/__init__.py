"""The tables of conversations, one file per subject."""

from conversations.models.contact import IdentityCheck, LinkToken, Suppression
from conversations.models.conversation import ActionRun, Button, Conversation, InboundMessage
from conversations.models.evidence import Evidence, EvidenceCase, EvidenceFile
from conversations.models.outbox import OutboxMessage, SendAttempt

__all__ = [
    "ActionRun",
    "Button",
    "Conversation",
    "Evidence",
    "EvidenceCase",
    "EvidenceFile",
    "IdentityCheck",
    "InboundMessage",
    "LinkToken",
    "OutboxMessage",
    "SendAttempt",
    "Suppression",
]
