"""The set-up finds the right interpreters, and knows what is done, cut short or changed."""

from __future__ import annotations

import os
import sys
import venv
from pathlib import Path

import pytest

from setup import console
from setup.bootstrap import find_or_offer
from setup.console import Missing, run_showing_progress
from setup.environments import MARKER, STAMP, Environment, make_ready
from setup.pythons import APP_PYTHONS, RASA_PYTHONS, Machine, find, probe

PYENV_SHIM_REFUSING = "echo 'pyenv: python3.10: command not found' >&2; exit 127"


def executable(path: Path, body: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def fake_python(path: Path, version: str, ensurepip: int = 1) -> Path:
    return executable(path, f'echo "{version} {ensurepip} $0"')


def machine(tmp_path: Path, *folders: str, uv: Path | None = None) -> Machine:
    return Machine([tmp_path / folder for folder in folders], tmp_path / "pyenv" / "versions", uv)


def fake_uv(tmp_path: Path, find_answer: str, install: str = "exit 1") -> Path:
    script = f'case "$2" in find) {find_answer} ;; install) {install} ;; esac'
    return executable(tmp_path / "tools" / "uv", script)


def test_it_finds_the_exact_name_on_the_path(tmp_path: Path) -> None:
    wanted = fake_python(tmp_path / "bin" / "python3.10", "3.10")
    found = find(RASA_PYTHONS, machine(tmp_path, "bin"))
    assert found is not None
    assert (found.path, found.minor, found.has_ensurepip) == (wanted, (3, 10), True)


def test_it_looks_into_pyenvs_versions_when_the_shim_refuses(tmp_path: Path) -> None:
    executable(tmp_path / "shims" / "python3.10", PYENV_SHIM_REFUSING)
    fake_python(tmp_path / "pyenv/versions/3.10.9/bin/python3.10", "3.10")
    newest = fake_python(tmp_path / "pyenv/versions/3.10.13/bin/python3.10", "3.10")
    found = find(RASA_PYTHONS, machine(tmp_path, "shims"))
    assert found is not None and found.path == newest


def test_it_does_not_trust_a_name_but_asks_for_the_version(tmp_path: Path) -> None:
    fake_python(tmp_path / "bin" / "python3.10", "3.12")
    assert find(RASA_PYTHONS, machine(tmp_path, "bin")) is None


def test_it_takes_a_plain_python3_of_the_right_version(tmp_path: Path) -> None:
    plain = fake_python(tmp_path / "bin" / "python3", "3.12")
    found = find(APP_PYTHONS, machine(tmp_path, "bin"))
    assert found is not None and found.path == plain


def test_it_prefers_the_version_that_is_tested(tmp_path: Path) -> None:
    fake_python(tmp_path / "bin" / "python3.13", "3.13")
    tested = fake_python(tmp_path / "bin" / "python3.11", "3.11")
    found = find(APP_PYTHONS, machine(tmp_path, "bin"))
    assert found is not None and found.path == tested


def test_without_uv_it_prefers_an_interpreter_that_can_make_environments(tmp_path: Path) -> None:
    bare = fake_python(tmp_path / "system" / "python3.11", "3.11", ensurepip=0)
    whole = fake_python(tmp_path / "local" / "python3.11", "3.11")
    without_uv = find(APP_PYTHONS, machine(tmp_path, "system", "local"))
    with_uv = find(APP_PYTHONS, machine(tmp_path, "system", "local", uv=fake_uv(tmp_path, "exit 2")))
    assert without_uv is not None and without_uv.path == whole
    assert with_uv is not None and with_uv.path == bare


def test_it_asks_uv_last(tmp_path: Path) -> None:
    managed = fake_python(tmp_path / "managed" / "python3.10", "3.10")
    found = find(RASA_PYTHONS, machine(tmp_path, uv=fake_uv(tmp_path, f'echo "{managed}"')))
    assert found is not None and found.path == managed


def test_a_file_that_is_not_executable_or_not_python_is_passed_over(tmp_path: Path) -> None:
    text = tmp_path / "bin" / "python3.10"
    text.parent.mkdir()
    text.write_text("not a program")
    executable(tmp_path / "bin" / "python3", "echo hello")
    assert find(RASA_PYTHONS, machine(tmp_path, "bin")) is None


def test_the_probe_reads_a_real_interpreter() -> None:
    found = probe(Path(sys.executable))
    assert found is not None
    assert found.minor == sys.version_info[:2]
    assert os.access(found.path, os.X_OK)


def test_a_missing_python_is_said_in_one_line_in_both_languages(tmp_path: Path) -> None:
    with pytest.raises(Missing) as problem:
        find_or_offer(RASA_PYTHONS, machine(tmp_path), yes=True)
    said = str(problem.value)
    assert "Python 3.10 is missing" in said and "缺少 Python 3.10" in said
    assert "\n" not in said


def test_a_python_without_venv_names_the_package_to_install(tmp_path: Path) -> None:
    fake_python(tmp_path / "bin" / "python3.10", "3.10", ensurepip=0)
    with pytest.raises(Missing, match=r"python3\.10-venv"):
        find_or_offer(RASA_PYTHONS, machine(tmp_path, "bin"), yes=False)


def test_uv_installs_a_missing_python_once_that_is_agreed(tmp_path: Path) -> None:
    managed = tmp_path / "managed" / "python3.10"
    body = f"""printf '#!/bin/sh\\necho "3.10 1 $0"\\n' > "{managed}"; chmod +x "{managed}" """
    managed.parent.mkdir()
    uv = fake_uv(tmp_path, f'[ -x "{managed}" ] && echo "{managed}"', install=body)
    found = find_or_offer(RASA_PYTHONS, machine(tmp_path, uv=uv), yes=True)
    assert found.minor == (3, 10)


def test_uv_installs_nothing_that_nobody_agreed_to(tmp_path: Path) -> None:
    uv = fake_uv(tmp_path, "exit 1", install=f'touch "{tmp_path}/installed"')
    with pytest.raises(Missing):
        find_or_offer(RASA_PYTHONS, machine(tmp_path, uv=uv), yes=False)
    assert not (tmp_path / "installed").exists()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose only requirement file asks for nothing, so that real environments are quick to make."""
    requirements = tmp_path / "a project" / "requirements"
    requirements.mkdir(parents=True)
    (requirements / "app.txt").write_text("# nothing\n")
    return requirements.parent


def environment(project: Path) -> Environment:
    return Environment(project, ".venv", [sys.version_info[:2]], ["app.txt"], has_command=True)


def test_an_environment_is_made_then_left_alone_then_brought_up_to_date(project: Path) -> None:
    ours, python = environment(project), probe(Path(sys.executable))
    assert ours.must_be_made()
    make_ready(ours, python, uv=None)
    assert not ours.must_be_made()
    assert ours.installed() == ours.wanted()
    made = (ours.path / STAMP).stat().st_mtime_ns

    make_ready(ours, None, uv=None)
    assert (ours.path / STAMP).stat().st_mtime_ns == made

    (project / "requirements" / "app.txt").write_text("# changed\n")
    assert ours.installed() != ours.wanted()
    make_ready(ours, None, uv=None)
    assert ours.installed() == ours.wanted()


def test_the_command_runs_the_project_from_any_folder(project: Path, tmp_path: Path) -> None:
    package = project / "tideover"
    package.mkdir()
    (package / "__main__.py").write_text("import sys; print('tideover', *sys.argv[1:])")
    ours = environment(project)
    make_ready(ours, probe(Path(sys.executable)), uv=None)
    log = tmp_path / "output"
    run_showing_progress([str(ours.path / "bin" / "tideover"), "two words"], "it", log, cwd=tmp_path)
    assert log.read_text() == "tideover two words\n"


def test_an_installation_cut_short_is_made_anew(project: Path) -> None:
    ours = environment(project)
    venv.create(ours.path, symlinks=True)
    assert not ours.must_be_made()
    (ours.path / MARKER).touch()
    left_over = ours.path / "half-written"
    left_over.touch()

    assert ours.must_be_made()
    make_ready(ours, probe(Path(sys.executable)), uv=None)
    assert not left_over.exists()
    assert not ours.must_be_made()


def test_an_environment_whose_interpreter_is_gone_must_be_made(project: Path) -> None:
    ours = environment(project)
    venv.create(ours.path, symlinks=True)
    assert not ours.must_be_made()
    ours.python.unlink()
    ours.python.symlink_to(project / "python-that-was-uninstalled")
    assert ours.must_be_made()


def test_a_failing_installer_shows_the_end_of_its_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(console, "on_a_terminal", lambda: False)
    installer = executable(tmp_path / "installer", "seq 1 100; echo 'no space left'; exit 3")
    with pytest.raises(Missing, match="exit status 3"):
        run_showing_progress([str(installer)], "installing", tmp_path / "log" / "x.log", cwd=tmp_path)
    shown = capsys.readouterr().out
    assert "no space left" in shown
    assert "\n50\n" not in shown
