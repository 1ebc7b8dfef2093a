"""Set up Tideover: `python3 -m setup.bootstrap [--dev] [--transformer] [--yes]`, from the root of the project.

Makes `.venv` (Python 3.11 or newer: the application) and `.venv-rasa` (Python 3.10: the Rasa server), each
from the hash-pinned files in `requirements/`. Running it again skips what is done; after an interruption it
repairs. What is missing on the machine is said in one line, with exit status 1. Linux and macOS.
"""

from __future__ import annotations

import argparse
import fcntl
import subprocess
import sys
from pathlib import Path
from typing import Sequence

from setup import console
from setup.console import Missing
from setup.environments import Environment, make_ready
from setup.pythons import APP_PYTHONS, RASA_PYTHONS, Interpreter, Machine, Minor, find

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: Sequence[str] | None = None) -> None:
    """Make both environments ready; a second set-up started meanwhile waits for the first."""
    options = _parser().parse_args(arguments)
    machine = Machine.this_one()
    transformer = ["transformer.txt"] if options.dev or options.transformer else []
    environments = [
        Environment(ROOT, ".venv", APP_PYTHONS, ["app.txt", *(["dev.txt"] if options.dev else [])], True),
        Environment(ROOT, ".venv-rasa", RASA_PYTHONS, ["rasa.txt", *transformer]),
    ]
    lock_file = ROOT / "var" / "setup.lock"
    lock_file.parent.mkdir(exist_ok=True)
    with lock_file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            pythons = {
                environment.folder: find_or_offer(environment.pythons, machine, options.yes)
                for environment in environments
                if environment.must_be_made()
            }
            for environment in environments:
                make_ready(environment, pythons.get(environment.folder), machine.uv)
        except Missing as problem:
            console.fail(problem)
        except KeyboardInterrupt:
            sys.exit("tideover: interrupted; run again to go on / 已中断；重新运行即可继续")


def find_or_offer(wanted: Sequence[Minor], machine: Machine, yes: bool) -> Interpreter:
    """An interpreter of a wanted version; where there is none, uv may download one if a person agrees.

    Raises Missing when there is none after all, or when the only one cannot make environments.
    """
    found = find(wanted, machine) or _offer(wanted, machine, yes)
    version = f"{wanted[0][0]}.{wanted[0][1]}"
    if found is None:
        ways = f"`uv python install {version}`, `pyenv install {version}`"
        or_newer, or_newer_chinese = (" or newer", " 或更新版本") if len(wanted) > 1 else ("", "")
        raise Missing(
            f"Python {version}{or_newer} is missing: install it ({ways}, or a system package) and run again",
            f"缺少 Python {version}{or_newer_chinese}：请安装（{ways} 或系统软件包）后重新运行",
        )
    if machine.uv is None and not found.has_ensurepip:
        package = f"python{found.minor[0]}.{found.minor[1]}-venv"
        raise Missing(
            f"{found.path} cannot make environments: install the package {package}, or uv, and run again",
            f"{found.path} 无法创建虚拟环境：请安装软件包 {package} 或 uv 后重新运行",
        )
    return found


def _offer(wanted: Sequence[Minor], machine: Machine, yes: bool) -> Interpreter | None:
    if machine.uv is None:
        return None
    version = f"{wanted[0][0]}.{wanted[0][1]}"
    question = (
        f"Python {version} is missing / 缺少 Python {version}: run / 运行 `uv python install {version}`?"
    )
    if not yes and not (console.on_a_terminal() and console.ask(question)):
        return None
    console.say(f"installing Python {version} with uv")
    subprocess.run([str(machine.uv), "python", "install", version], check=False)
    return find(wanted, machine)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 -m setup.bootstrap", description="Set up Tideover.")
    parser.add_argument("--dev", action="store_true", help="also install what tests and checks need")
    parser.add_argument(
        "--transformer", action="store_true", help="also install what a transformer featurizer needs"
    )
    parser.add_argument("--yes", action="store_true", help="let uv install a missing Python without asking")
    return parser


if __name__ == "__main__":
    main()
