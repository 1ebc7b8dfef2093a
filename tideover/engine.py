"""The dialogue engine: a Rasa server and the action server it calls, shared by every home on this machine."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import signal
import socket
import subprocess
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx

from tideover.settings import ROOT, Settings

START_SECONDS = 240
STOP_SECONDS = 20
CODE = (
    "actions/*.py",
    "conversations/**/*.py",
    "loans/**/*.py",
    "policies/**/*.*ml",
    "policies/*.py",
    "storage/**/*.py",
)
QUIET = {
    "RASA_TELEMETRY_ENABLED": "false",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "PYTHONWARNINGS": "ignore",
}


class EngineError(Exception):
    """The engine could not be started; the message says why and where to look."""


@dataclass(frozen=True)
class EngineState:
    """What a running engine has written down about itself: loopback addresses, process ids, its model and its code."""

    rasa_url: str
    actions_url: str
    model: str
    code: str
    pid: int
    rasa_pid: int
    alone: bool


def code_version() -> str:
    """Return a hash of everything the action server runs, so that an engine older than the code is noticed."""
    digest = hashlib.sha256()
    for pattern in CODE:
        for path in sorted(ROOT.glob(pattern)):
            digest.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    return digest.hexdigest()


def is_current(state: EngineState, model: Path) -> bool:
    """Tell whether an engine runs today's model and code."""
    return state.model == str(model) and state.code == code_version()


def state_file(settings: Settings) -> Path:
    """Return where a running engine describes itself."""
    return settings.engine_home / "server.json"


def read_state(settings: Settings) -> EngineState | None:
    """Return the state of the engine that was started last, whether or not it still runs."""
    try:
        return EngineState(**json.loads(state_file(settings).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def write_state(settings: Settings, state: EngineState) -> None:
    """Tell everyone on this machine where the engine is."""
    target = state_file(settings)
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_suffix(f".{os.getpid()}")
    draft.write_text(json.dumps(asdict(state)))
    draft.replace(target)


def forget_state(settings: Settings, pid: int) -> None:
    """Remove the state if it is the one that process `pid` wrote."""
    state = read_state(settings)
    if state is not None and state.pid == pid:
        state_file(settings).unlink(missing_ok=True)


async def is_healthy(state: EngineState) -> bool:
    """Tell whether both servers of an engine answer."""
    async with httpx.AsyncClient(timeout=2.0, trust_env=False) as http:
        try:
            answers = await asyncio.gather(
                http.get(f"{state.rasa_url}/"), http.get(f"{state.actions_url}/health")
            )
        except httpx.HTTPError:
            return False
    return all(answer.status_code == 200 for answer in answers)


async def clear_away(state: EngineState, say: Callable[[str], None]) -> None:
    """Make room for a new engine: end an older one that runs alone, and a Rasa server whose engine is gone.

    An older engine inside a process that serves people too is left to that process.
    """
    if await is_healthy(state):
        if not state.alone:
            say(
                f"process {state.pid} runs an older engine; starting our own 另一进程的引擎版本较旧，改用自己的"
            )
            return
        say(f"the engine of process {state.pid} is older than the code; ending it 正在结束旧版本的对话引擎")
        _end(os.kill, state.pid)
        for _ in range(STOP_SECONDS * 10):
            if not await is_healthy(state):
                return
            await asyncio.sleep(0.1)
        raise EngineError(
            f"process {state.pid} does not end; end it by hand, then try again 请手动结束进程 {state.pid}"
        )
    if not _runs(state.pid, "tideover") and _runs(state.rasa_pid, "rasa"):
        _end(os.killpg, state.rasa_pid)


def _runs(pid: int, word: str) -> bool:
    """Tell whether a process runs whose command line has `word` in it; where that cannot be seen, say no."""
    try:
        return word.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def _end(kill: Callable[[int, int], None], pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        kill(pid, signal.SIGTERM)


def free_port() -> int:
    """Return a free port on loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class RasaServer:
    """A Rasa server as a child process. Its output goes to `rasa.log` in the engine's folder."""

    def __init__(self, settings: Settings, model: Path, actions_url: str, actions_token: str) -> None:
        self._settings, self._model = settings, model
        self._actions_url, self._actions_token = actions_url, actions_token
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> int:
        """Start the process and return its id. Raises EngineError when the Rasa environment is not there."""
        python = ROOT / ".venv-rasa" / "bin" / "python"
        if not python.exists():
            raise EngineError(
                f"Rasa's environment is missing ({python}); run `make setup` 缺少 Rasa 环境，请先运行 make setup"
            )
        log = self._settings.engine_home / "rasa.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        environment = {
            **os.environ,
            **QUIET,
            "PYTHONPATH": str(ROOT),
            "TIDEOVER_ACTIONS_URL": f"{self._actions_url}/webhook",
            "TIDEOVER_ACTIONS_TOKEN": self._actions_token,
        }
        command = [
            str(python), "-m", "rasa", "run", "-i", "127.0.0.1", "-p", str(self.port), "--model", str(self._model),
            "--endpoints", str(ROOT / "endpoints.yml"), "--credentials", str(ROOT / "credentials.yml"),
        ]  # fmt: skip
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=output, stderr=output, start_new_session=True
            )
        return self.process.pid

    async def ready(self, progress: Callable[[float], None] = lambda seconds: None) -> None:
        """Wait until the server answers. Raises EngineError when it ends first or takes too long."""
        assert self.process is not None
        log = self._settings.engine_home / "rasa.log"
        async with httpx.AsyncClient(timeout=2.0, trust_env=False) as http:
            for half_seconds in range(START_SECONDS * 2):
                if self.process.poll() is not None:
                    raise EngineError(f"Rasa ended with status {self.process.returncode}; see {log}")
                try:
                    if (await http.get(f"{self.url}/")).status_code == 200:
                        return
                except httpx.HTTPError:
                    pass
                progress(half_seconds / 2)
                await asyncio.sleep(0.5)
        raise EngineError(f"Rasa did not answer within {START_SECONDS} seconds; see {log}")

    def runs(self) -> bool:
        """Tell whether the process runs."""
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        """End the process and its children."""
        if self.process is None or self.process.poll() is not None:
            return
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
