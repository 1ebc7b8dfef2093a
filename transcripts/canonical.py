"""The canonical header of a log entry, and the commitments that let a field be erased without breaking a proof.

Header: JSON with sorted keys, no spaces, ASCII only, integers and strings only; for such values this is RFC 8785.
Field commitment: HMAC-SHA-256 with a fresh 32-byte key over the field's name, a zero byte and its canonical JSON.
Commitment: SHA-256 over the concatenated field commitments in order of field name.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

VERSION = 1
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def canonical_json(value: Any) -> bytes:
    """Return `value` as JSON that is the same for the same value: sorted keys, no spaces, ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def new_keys(fields: Mapping[str, Any]) -> dict[str, str]:
    """Return a fresh random key (64 hexadecimal characters) for each field."""
    return {name: secrets.token_hex(32) for name in fields}


def commitment(fields: Mapping[str, Any], keys: Mapping[str, str]) -> str:
    """Return the commitment to `fields` under `keys`, in hexadecimal. Raises KeyError for a field without a key."""
    whole = hashlib.sha256()
    for name in sorted(fields):
        message = name.encode() + b"\0" + canonical_json(fields[name])
        whole.update(hmac.digest(bytes.fromhex(keys[name]), message, "sha256"))
    return whole.hexdigest()


def header(
    *,
    entry_id: str,
    conversation_id: str,
    conv_seq: int,
    kind: str,
    actor: str,
    actor_role: str,
    occurred_at: datetime,
    commitment: str,
) -> bytes:
    """Return the canonical header. The time is whole microseconds since 1970 in UTC; actors are pseudonyms."""
    return canonical_json(
        {
            "v": VERSION,
            "id": entry_id,
            "conversation": conversation_id,
            "seq": conv_seq,
            "kind": kind,
            "actor": actor,
            "role": actor_role,
            "at_us": (occurred_at - EPOCH) // timedelta(microseconds=1),
            "commitment": commitment,
        }
    )
