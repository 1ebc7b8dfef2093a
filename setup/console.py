"""What the set-up says: stages with elapsed time, and what is missing, in English and Chinese."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import BinaryIO, NoReturn

HEARTBEAT_SECONDS = 10
LINES_SHOWN_ON_FAILURE = 25

_started = time.monotonic()


class Missing(Exception):
    """Something the set-up needs is not on this machine. Carries one sentence in each language."""

    def __init__(self, english: str, chinese: str) -> None:
        super().__init__(f"{english} / {chinese}")


def on_a_terminal() -> bool:
    """Whether a person can see progress bars and answer a question."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()


def say(line: str) -> None:
    """Print one line, preceded by the seconds since the set-up began."""
    print(f"[{time.monotonic() - _started:6.1f} s] {line}", flush=True)


def fail(problem: Missing) -> NoReturn:
    """Print what is missing on standard error and exit with status 1."""
    sys.exit(f"tideover: {problem}")


def ask(question: str) -> bool:
    """Ask a yes-or-no question on the terminal; anything but a yes is a no."""
    return input(f"{question} [y/N] ").strip().lower() in {"y", "yes", "是", "好"}


def run_showing_progress(command: list[str], what: str, log: Path, cwd: Path) -> None:
    """Run an installer: with its own progress bars on a terminal, else with a plain line every ten seconds.

    Raises Missing when it fails. Off a terminal its output goes to `log`, and the end of it is then printed.
    """
    if on_a_terminal():
        status = subprocess.call(command, cwd=str(cwd))
    else:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            status = _run_with_heartbeat(command, what, output, cwd)
        if status != 0:
            print(
                "\n".join(log.read_text(errors="replace").splitlines()[-LINES_SHOWN_ON_FAILURE:]), flush=True
            )
    if status != 0:
        raise Missing(
            f"{what} failed (exit status {status}); read the lines above, then run again",
            f"{what} 失败（退出码 {status}）；请看上面的输出，然后重新运行",
        )


def _run_with_heartbeat(command: list[str], what: str, output: BinaryIO, cwd: Path) -> int:
    process = subprocess.Popen(
        command, cwd=str(cwd), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
    )
    began = time.monotonic()
    try:
        while True:
            try:
                return process.wait(timeout=HEARTBEAT_SECONDS)
            except subprocess.TimeoutExpired:
                say(f"    {what}: still working, {time.monotonic() - began:.0f} s")
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
