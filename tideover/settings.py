"""Settings, read from the environment once. docs/settings.md describes each; a test keeps it complete."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Settings:
    """Where things are and how the outside is reached. Paths are absolute."""

    home: Path
    engine_home: Path
    database_url: str
    host: str
    port: int
    pipeline: Path
    most_examples: int | None
    rulebook: str
    contact_profile: str
    telegram_token: str | None
    telegram_base_url: str
    telegram_webhook_url: str | None
    telegram_webhook_secret: str | None
    recogniser: str | None

    @staticmethod
    def from_environment(env: Mapping[str, str] = os.environ) -> Settings:
        """Read the settings. Raises ValueError naming the variable when one cannot be understood."""
        home = Path(env.get("TIDEOVER_HOME") or ROOT / "var").resolve()
        port = env.get("TIDEOVER_PORT", "8700")
        if not port.isdigit():
            raise ValueError(f"TIDEOVER_PORT must be a whole number, not {port!r}")
        most = env.get("TIDEOVER_MOST_EXAMPLES", "")
        if most and (not most.isdigit() or int(most) < 3):
            raise ValueError(f"TIDEOVER_MOST_EXAMPLES must be a whole number from 3, not {most!r}")
        pipeline = Path(env.get("TIDEOVER_PIPELINE") or ROOT / "config.yml").resolve()
        if not pipeline.is_file():
            raise ValueError(f"TIDEOVER_PIPELINE must be a file: {pipeline} is none")
        return Settings(
            home=home,
            engine_home=Path(env.get("TIDEOVER_ENGINE_HOME") or ROOT / ".engine").resolve(),
            database_url=env.get("TIDEOVER_DATABASE_URL") or f"sqlite:///{home / 'tideover.db'}",
            host=env.get("TIDEOVER_HOST", "127.0.0.1"),
            port=int(port),
            pipeline=pipeline,
            most_examples=int(most) if most else None,
            rulebook=env.get("TIDEOVER_RULEBOOK", "cn_microcredit"),
            contact_profile=env.get("TIDEOVER_CONTACT_PROFILE", "default"),
            telegram_token=env.get("TIDEOVER_TELEGRAM_TOKEN") or None,
            telegram_base_url=env.get("TIDEOVER_TELEGRAM_BASE_URL", "https://api.telegram.org"),
            telegram_webhook_url=env.get("TIDEOVER_TELEGRAM_WEBHOOK_URL") or None,
            telegram_webhook_secret=env.get("TIDEOVER_TELEGRAM_WEBHOOK_SECRET") or None,
            recogniser=env.get("TIDEOVER_RECOGNISER") or None,
        )


def secret_file(path: Path) -> str:
    """Return the secret kept in `path`, making a new one (readable by its owner only) the first time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        secret = secrets.token_urlsafe(32)
        file.write(secret)
    return secret
