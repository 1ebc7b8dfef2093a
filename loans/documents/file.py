"""A file to keep or to send."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True)
class File:
    """A file's name, its media type and what is in it."""

    name: str
    media_type: str
    content: bytes

    @property
    def is_picture(self) -> bool:
        """Whether a chat can show it."""
        return self.media_type.startswith("image/")

    @property
    def sha256(self) -> str:
        """The fingerprint of its content, in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()
