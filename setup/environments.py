"""Making one virtual environment and filling it from hash-pinned requirement files.

An environment carries two small files of ours: a stamp, which says what was installed into it and is written
last, and a marker, which stands while an installation runs. A marker found at the start means that one was
cut short, and the environment is made anew; a stamp that covers what is asked for leaves nothing to be done.
"""

from __future__ import annotations

import hashlib
import json
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Sequence

from setup.console import run_showing_progress, say
from setup.pythons import Interpreter, Minor, probe

STAMP = "tideover-installed.json"
MARKER = "tideover-installing"

LAUNCHER = """#!/bin/sh
exec {python} -P -m tideover "$@"
"""


@dataclass(frozen=True)
class Environment:
    """A virtual environment under the root of the project."""

    root: Path
    folder: str
    pythons: Sequence[Minor]
    requirements: Sequence[str]
    has_command: bool = False

    @property
    def path(self) -> Path:
        return self.root / self.folder

    @property
    def python(self) -> Path:
        return self.path / "bin" / "python"

    @property
    def log(self) -> Path:
        """Where the installer's output goes when nobody watches."""
        return self.root / "var" / "log" / f"setup{self.folder}.log"

    def wanted(self) -> dict[str, str]:
        """Each requirement file with the SHA-256 of its content."""
        return {
            name: hashlib.sha256((self.root / "requirements" / name).read_bytes()).hexdigest()
            for name in self.requirements
        }

    def installed(self) -> dict[str, str]:
        """What the stamp says; nothing when there is no readable stamp or an installation was cut short."""
        try:
            stamp = json.loads((self.path / STAMP).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return {} if (self.path / MARKER).exists() else stamp

    def must_be_made(self) -> bool:
        """Whether it is not there, was cut short, or its interpreter does not run or is another version."""
        if (self.path / MARKER).exists():
            return True
        interpreter = probe(self.python)
        return interpreter is None or interpreter.minor not in self.pythons


def make_ready(environment: Environment, python: Interpreter | None, uv: Path | None) -> None:
    """Create, repair or complete an environment; do nothing when its stamp covers what is asked for.

    `python` is needed only when the environment `must_be_made`. Raises Missing when an installer fails.
    """
    wanted, installed = environment.wanted(), environment.installed()
    if python is None and wanted.items() <= installed.items():
        say(f"{environment.folder}: ready, nothing to do")
        _make_importable(environment)
        return
    if python is not None:
        if environment.path.exists():
            say(f"{environment.folder}: broken or cut short, making it anew")
            shutil.rmtree(str(environment.path))
        installed = {}
        _create(environment, python, uv)
    _install(environment, uv)
    _make_importable(environment)
    (environment.path / STAMP).write_text(json.dumps({**installed, **wanted}, indent=1), encoding="utf-8")
    (environment.path / MARKER).unlink()
    say(f"{environment.folder}: ready")


def _create(environment: Environment, python: Interpreter, uv: Path | None) -> None:
    say(f"{environment.folder}: creating it with Python {python.minor[0]}.{python.minor[1]} ({python.path})")
    if uv:
        command = [str(uv), "venv", "--quiet", "--allow-existing", "--python", str(python.path)]
    else:
        command = [str(python.path), "-m", "venv"]
    environment.path.mkdir()
    (environment.path / MARKER).touch()
    run_showing_progress(
        [*command, str(environment.path)], f"creating {environment.folder}", environment.log, environment.root
    )


def _install(environment: Environment, uv: Path | None) -> None:
    (environment.path / MARKER).touch()
    files = [f"requirements/{name}" for name in environment.requirements]
    say(f"{environment.folder}: installing {', '.join(files)} with {'uv' if uv else 'pip'}")
    python = str(environment.python)
    if uv:
        command = [str(uv), "pip", "install", "--python", python, "--require-hashes"]
    else:
        subprocess.run(
            [python, "-m", "ensurepip"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
        )
        command = [python, "-m", "pip", "install", "--disable-pip-version-check", "--require-hashes"]
    for file in files:
        command += ["-r", file]
    run_showing_progress(command, f"installing into {environment.folder}", environment.log, environment.root)


def _make_importable(environment: Environment) -> None:
    """Put the project's root on the environment's path, and the `tideover` command into its bin folder."""
    (site_packages,) = environment.path.glob("lib/python3.*/site-packages")
    _write_if_changed(site_packages / "tideover.pth", f"{environment.root}\n")
    if environment.has_command:
        command = environment.path / "bin" / "tideover"
        _write_if_changed(command, LAUNCHER.format(python=shlex.quote(str(environment.python))))
        command.chmod(0o755)


def _write_if_changed(path: Path, text: str) -> None:
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
