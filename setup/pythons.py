"""Finding a Python interpreter: on PATH, in the usual folders, in pyenv's versions folder, through uv."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from typing import Iterator, Sequence, Tuple

Minor = Tuple[int, int]

APP_PYTHONS: Sequence[Minor] = ((3, 11), (3, 12), (3, 13), (3, 14))
RASA_PYTHONS: Sequence[Minor] = ((3, 10),)

PROBE = (
    "import importlib.util as u, sys; "
    "print('%d.%d' % sys.version_info[:2], int(u.find_spec('ensurepip') is not None), "
    "getattr(sys, '_base_executable', None) or sys.executable)"
)
PROBE_TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class Interpreter:
    """A Python that ran and said what it is."""

    path: Path
    minor: Minor
    has_ensurepip: bool


@dataclass(frozen=True)
class Machine:
    """Where to look: folders of executables, pyenv's versions folder, and uv where there is one."""

    folders: Sequence[Path]
    pyenv_versions: Path
    uv: Path | None

    @classmethod
    def this_one(cls) -> Machine:
        """The machine this runs on: PATH first, then the folders that installers use without telling PATH."""
        home = Path.home()
        usual = [
            home / ".local/bin",
            home / ".cargo/bin",
            Path("/opt/homebrew/bin"),
            Path("/usr/local/bin"),
            Path("/usr/bin"),
            *(Path(f"/Library/Frameworks/Python.framework/Versions/3.{n}/bin") for n in range(10, 15)),
        ]
        on_path = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
        folders = list(dict.fromkeys(on_path + usual))
        uv = which("uv", path=os.pathsep.join(str(folder) for folder in folders))
        pyenv = Path(os.environ.get("PYENV_ROOT") or home / ".pyenv")
        return cls(folders, pyenv / "versions", Path(uv) if uv else None)


def probe(path: Path) -> Interpreter | None:
    """Ask an executable what it is; None when it is no working Python (a pyenv shim, for one, may refuse)."""
    try:
        answer = subprocess.run(
            [str(path), "-c", PROBE],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=PROBE_TIMEOUT_SECONDS,
            check=True,
        )
        version, ensurepip, base = answer.stdout.decode().strip().split(" ", 2)
        major, minor = version.split(".")
        return Interpreter(Path(base), (int(major), int(minor)), ensurepip == "1")
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def find(wanted: Sequence[Minor], machine: Machine) -> Interpreter | None:
    """The first interpreter of a wanted version, in the order wanted.

    Without uv an environment is made by the standard library's venv, so an interpreter without `ensurepip`
    (Debian's own, before python3-venv is installed) is returned only when there is no better one.
    """
    second_best = None
    for minor in wanted:
        for path in _candidates(minor, machine):
            found = probe(path)
            if found is None or found.minor != minor:
                continue
            if machine.uv or found.has_ensurepip:
                return found
            second_best = second_best or found
    return second_best


def _candidates(minor: Minor, machine: Machine) -> Iterator[Path]:
    exact = f"python{minor[0]}.{minor[1]}"
    for folder in machine.folders:
        yield from _existing(folder / exact)
    versions = machine.pyenv_versions.glob(f"{minor[0]}.{minor[1]}*")
    for version in sorted(versions, key=_by_patch, reverse=True):
        yield from _existing(version / "bin" / exact, version / "bin" / "python")
    for folder in machine.folders:
        yield from _existing(folder / "python3", folder / "python")
    if machine.uv:
        yield from _known_to_uv(machine.uv, minor)


def _existing(*paths: Path) -> Iterator[Path]:
    return (path for path in paths if os.access(str(path), os.X_OK) and path.is_file())


def _by_patch(version_folder: Path) -> tuple[int, str]:
    patch = version_folder.name.split(".")[-1]
    return (int(patch) if patch.isdigit() else -1, version_folder.name)


def _known_to_uv(uv: Path, minor: Minor) -> Iterator[Path]:
    answer = subprocess.run(
        [str(uv), "python", "find", "--system", "--no-project", f"{minor[0]}.{minor[1]}"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "UV_PYTHON_DOWNLOADS": "never"},
        check=False,
    )
    if answer.returncode == 0:
        yield Path(answer.stdout.decode().strip())
