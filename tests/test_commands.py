"""What the Makefile, the set-up, the lock files and the Streamlit configuration promise."""

import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from streamlit import config

ROOT = Path(__file__).resolve().parent.parent
TARGETS = {
    "run": "-m streamlit run app.py",
    "test": "-m pytest",
    "check": "-m mypy",
    "bench": "-m benchmarks.",
    "world": "-m sample_data.make",
    "clicks": "-m sample_data.make_clicks",
    "frontier": "-m sample_data.make_frontier",
    "ladder": "-m sample_data.make_ladder",
    "retrieval": "-m sample_data.make_generators",
    "gallery": "-m engine gallery",
    "lock": "scripts/lock.py",
}
TOOLS = ["bash", "cat", "chmod", "cmp", "dirname", "env", "flock", "mkdir", "rm", "touch"]

# Stands for an interpreter: makes an environment that holds itself, and lets pip succeed or fail.
FAKE_PYTHON = """#!/usr/bin/env bash
case "$*" in
  *version_info*) echo "${FAKE_VERSION:-3.11}" ;;
  *"-m venv"*) mkdir -p "$3/bin" "$3/lib/python${FAKE_VERSION:-3.11}/site-packages/pip"
               cat "$FAKE_PYTHON" >"$3/bin/python"; chmod +x "$3/bin/python"
               echo venv >>"$FAKE_LOG" ;;
  *" install "*) echo "pip ${*: -1}" >>"$FAKE_LOG"
                 if [[ ${FAKE_PIP:-} == killed ]]; then kill -9 $PPID; fi
                 if [[ ${FAKE_PIP:-} == fails ]]; then exit 1; fi ;;
  *"-c"*) for gap in ${FAKE_GAPS:-}; do echo "$gap"; done ;;
esac
"""


class SetUp:
    """A copy of the set-up in an empty place, where only chosen tools are found."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tools = folder / "tools"
        self.log = folder / "log"
        (folder / "scripts").mkdir()
        self.tools.mkdir()
        shutil.copy(ROOT / "scripts" / "set_up.sh", folder / "scripts")
        for name in ("requirements.lock", "requirements-dev.lock"):
            shutil.copy(ROOT / name, folder)
        for name in TOOLS:
            self.tools.joinpath(name).symlink_to(shutil.which(name) or "/nowhere")
        for name in ("g++", "chromium"):
            self.add(name, "#!/usr/bin/env bash\n")
        self.add("python3", FAKE_PYTHON)

    def add(self, name: str, text: str) -> None:
        self.tools.joinpath(name).write_text(text)
        self.tools.joinpath(name).chmod(0o755)

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        fake = {"FAKE_PYTHON": str(self.tools / "python3"), "FAKE_LOG": str(self.log)}
        return subprocess.run(
            [self.folder / "scripts" / "set_up.sh", *arguments],
            env={"PATH": str(self.tools)} | fake | variables,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    def steps(self) -> list[str]:
        """Return what the fake interpreter was asked to do since the last call."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return lines


@pytest.fixture
def set_up(tmp_path: Path) -> SetUp:
    return SetUp(tmp_path)


def requirement_lines(name: str) -> list[str]:
    lines = (line.partition("#")[0].strip() for line in (ROOT / name).read_text().splitlines())
    return [line for line in lines if line]


def locked(name: str) -> dict[str, str]:
    pairs = [line.split("==") for line in requirement_lines(name) if not line.startswith("-r")]
    return {canonicalize_name(package): version for package, version in pairs}


def options(table: dict[str, object], prefix: str = "") -> Iterator[str]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from options(value, f"{prefix}{name}.")
        else:
            yield prefix + name


@pytest.mark.parametrize(("target", "command"), TARGETS.items())
def test_make_target_runs_its_command(target: str, command: str) -> None:
    # benchmarks/ may be empty; its loop is printed all the same, with the module's name open.
    shown = subprocess.run(
        ["make", "--dry-run", "--no-print-directory", target],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert command in shown.stdout


def test_make_alone_explains_every_target() -> None:
    shown = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert re.findall(r"^make (\w+) +\w", shown.stdout, re.MULTILINE) == ["help", *TARGETS]


def test_second_set_up_does_nothing(set_up: SetUp) -> None:
    assert set_up.run("requirements.lock").returncode == 0
    assert set_up.steps() == ["venv", "pip requirements.lock"]
    again = set_up.run("requirements.lock")
    assert (again.returncode, again.stdout, set_up.steps()) == (0, "", [])


def test_set_up_for_tests_serves_the_app_but_not_the_reverse(set_up: SetUp) -> None:
    set_up.run("requirements.lock")
    set_up.run("requirements-dev.lock")
    set_up.run("requirements.lock")
    assert set_up.steps() == ["venv", "pip requirements.lock", "pip requirements-dev.lock"]


def test_changed_lock_is_installed_into_the_same_environment(set_up: SetUp) -> None:
    set_up.run("requirements.lock")
    set_up.steps()
    with (set_up.folder / "requirements.lock").open("a") as lock:
        lock.write("another==1.0\n")
    assert set_up.run("requirements.lock").returncode == 0
    assert set_up.steps() == ["pip requirements.lock"]


def test_environment_made_by_hand_is_kept(set_up: SetUp) -> None:
    set_up.run("requirements.lock")
    (set_up.folder / ".venv" / ".installed").unlink()
    set_up.steps()
    set_up.run("requirements.lock")
    assert set_up.steps() == ["pip requirements.lock"]


def test_environment_of_another_python_is_made_anew(set_up: SetUp) -> None:
    set_up.run("requirements.lock")
    set_up.steps()
    result = set_up.run("requirements.lock", PYTHON="python3", FAKE_VERSION="3.12")
    assert "not of Python 3.12" in result.stdout
    assert set_up.steps() == ["venv", "pip requirements.lock"]


@pytest.mark.parametrize("accident", ["killed", "fails"])
def test_set_up_that_broke_off_heals_at_the_next_call(set_up: SetUp, accident: str) -> None:
    assert set_up.run("requirements.lock", FAKE_PIP=accident).returncode != 0
    set_up.steps()
    assert set_up.run("requirements.lock").returncode == 0
    assert set_up.steps() == ["venv", "pip requirements.lock"]


def test_failed_pip_is_named_in_the_last_line(set_up: SetUp) -> None:
    result = set_up.run("requirements.lock", FAKE_PIP="fails")
    assert result.returncode == 1
    assert "pip could not install requirements.lock" in result.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("tool", "gaps", "package"),
    [
        ("g++", "", "g++"),
        ("chromium", "", "chromium"),
        ("", "headers", "python3-dev"),
        ("", "venv", "python3-venv"),
        ("", "openmp", "libgomp1"),
    ],
)
def test_missing_package_is_named_before_pip_starts(
    set_up: SetUp, tool: str, gaps: str, package: str
) -> None:
    if tool:
        (set_up.tools / tool).unlink()
    result = set_up.run("requirements-dev.lock", "--browser", FAKE_GAPS=gaps)
    (line,) = result.stderr.splitlines()
    assert line.endswith(f"Remedy: sudo apt-get install -y {package}")
    assert (result.returncode, set_up.steps()) == (1, [])


def test_each_missing_package_has_a_line(set_up: SetUp) -> None:
    (set_up.tools / "g++").unlink()
    (set_up.tools / "chromium").unlink()
    result = set_up.run("requirements-dev.lock", "--browser", FAKE_GAPS="headers openmp")
    assert len(result.stderr.splitlines()) == 4


def test_app_needs_no_chromium(set_up: SetUp) -> None:
    (set_up.tools / "chromium").unlink()
    assert set_up.run("requirements.lock").returncode == 0


def test_old_python_is_named(set_up: SetUp) -> None:
    result = set_up.run("requirements.lock", FAKE_VERSION="3.9")
    assert (result.returncode, set_up.steps()) == (1, [])
    assert "Python 3.9" in result.stderr
    assert "PYTHON=python3" in result.stderr


def test_absent_python_is_named(set_up: SetUp) -> None:
    (set_up.tools / "python3").unlink()
    result = set_up.run("requirements.lock")
    assert result.returncode == 1
    assert "sudo apt-get install -y python3" in result.stderr


def test_python_variable_chooses_the_interpreter(set_up: SetUp) -> None:
    shutil.move(set_up.tools / "python3", set_up.tools / "python3.11")
    fake = str(set_up.tools / "python3.11")
    result = set_up.run("requirements.lock", PYTHON="python3.11", FAKE_PYTHON=fake)
    assert (result.returncode, set_up.steps()) == (0, ["venv", "pip requirements.lock"])


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_requirement_has_a_tested_lower_and_an_upper_bound(name: str) -> None:
    for line in requirement_lines(name):
        if not line.startswith("-r"):
            assert {part.operator for part in Requirement(line).specifier} == {">=", "<"}, line


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_lock_holds_exact_versions_and_no_places(name: str) -> None:
    pins = [line for line in requirement_lines(name) if line != "-r requirements.lock"]
    assert pins
    for line in pins:
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.+]*", line), line


@pytest.mark.parametrize(
    ("ranges", "lock"),
    [
        ("requirements.txt", "requirements.lock"),
        ("requirements-dev.txt", "requirements-dev.lock"),
    ],
)
def test_lock_satisfies_the_ranges(ranges: str, lock: str) -> None:
    versions = locked("requirements.lock") | locked(lock)
    for line in requirement_lines(ranges):
        if not line.startswith("-r"):
            wanted = Requirement(line)
            version = versions.get(canonicalize_name(wanted.name), "0")
            assert version in wanted.specifier, f"{line}: {lock} has {version}"


def test_locks_do_not_overlap() -> None:
    assert "-r requirements.lock" in requirement_lines("requirements-dev.lock")
    assert not locked("requirements.lock").keys() & locked("requirements-dev.lock").keys()


def test_streamlit_knows_every_option_that_is_set() -> None:
    table = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    assert set(options(table)) <= config.get_config_options().keys()


def test_ci_script_can_be_executed() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    subprocess.run(["bash", "-n", script], check=True)
