"""Every command: help, status, one line for an error, results apart from what is told beside."""

from __future__ import annotations

import csv
import io
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import Result

import engine
from command_line import commands as commands_file
from command_line.commands import commands
from engine.world import load_world
from tests.command_line.conftest import SMALL_CHOICES, SMALL_LINK, SMALL_LOG
from tests.small_app import small_scenario

ROOT = Path(__file__).parents[2]
Call = Callable[..., Result]

WRONG = {
    "world": ["users=5"],
    "run": ["candidates=5"],
    "sweep": ["--over", "candidates"],
    "compare": ["candidates=50"],
    "clicks": ["negatives=2"],
    "report": ["--out", "page.pdf"],
    "code": ["--page", "machines"],
    "gallery": ["nothing_like_it"],
    "pictures": ["--theme", "pink"],
}


def test_every_command_is_tried_below() -> None:
    assert set(WRONG) == set(commands.commands)


@pytest.mark.parametrize("name", WRONG)
def test_help_says_what_the_command_does(call: Call, name: str) -> None:
    shown = call(name, "--help")
    assert shown.exit_code == 0
    assert shown.stdout.startswith("Usage: ")
    command = commands.commands[name]
    assert command.short_help
    assert len(command.help or "") > 30
    assert all(one.help for one in command.params if isinstance(one, click.Option))


def test_help_lists_every_command(call: Call) -> None:
    shown = call("--help")
    assert shown.exit_code == 0
    assert all(f"  {name}  " in shown.stdout for name in WRONG)


def test_without_a_command_its_help_is_shown(call: Call) -> None:
    shown = call()
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert shown.stderr == call("--help").stdout


@pytest.mark.parametrize(("name", "arguments"), WRONG.items())
def test_wrong_argument_gets_one_line_and_status_2(
    call: Call, name: str, arguments: list[str]
) -> None:
    told = call(name, *arguments)
    assert (told.exit_code, told.stdout) == (2, "")
    [line] = told.stderr.splitlines()
    assert line.startswith("error: ")


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (ValueError("users=5: must be\nmore"), 2, "error: users=5: must be more"),
        (RuntimeError("Chromium is missing"), 1, "error: Chromium is missing"),
        (KeyboardInterrupt(), 1, "error: stopped"),
    ],
)
def test_error_becomes_one_line_and_a_status(
    call: Call, monkeypatch: pytest.MonkeyPatch, error: BaseException, status: int, line: str
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(commands.commands["code"], "callback", fail)
    told = call("code")
    assert (told.exit_code, told.stdout) == (status, "")
    assert told.stderr.strip().splitlines()[-1] == line
    assert commands_file.WRONG == 2


def test_world_is_told_and_saved(call: Call, tmp_path: Path) -> None:
    choices = ("seed=3", "users=120", "items=300", "impressions=20000")
    table = call("world", *choices)
    assert table.exit_code == 0
    assert "users" in table.stdout
    told = call("world", *choices, "--json", "--out", str(tmp_path / "world"))
    assert json.loads(told.stdout)["config"]["users"] == 120
    saved = load_world(tmp_path / "world")
    assert saved.config == small_scenario().world
    assert int(saved.impressions.clicked.sum()) == json.loads(told.stdout)["figures"]["clicks"]


def test_run_prints_the_figures_of_the_library(call: Call) -> None:
    told = call("run", *SMALL_CHOICES, "--requests", "20", "--json")
    assert told.exit_code == 0, told.stderr
    content = json.loads(told.stdout)
    scenario = small_scenario()
    system = engine.build(engine.make_world(scenario.world), scenario.design)
    report = engine.evaluate(system, users=120)
    for name, estimate in report.items():
        assert content["figures"][name]["value"] == pytest.approx(estimate.value, nan_ok=True) or (
            content["figures"][name]["value"] is None
        )
    assert content["figures"]["p50"]["kind"] == "measured"
    assert content["figures"]["p50"]["n"] == 20
    assert content["choices"]["candidates"] == "20"


def test_run_by_link_says_repairs_beside_its_table(call: Call) -> None:
    told = call("run", "--link", f"{SMALL_LINK}&nonsense=1", "--requests", "0")
    assert told.exit_code == 0
    assert told.stderr.startswith("link: ")
    assert "ndcg@10" in told.stdout
    assert "p50" not in told.stdout
    assert "lost in ranking" in told.stdout


@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_sweep_judges_each_value(call: Call, form: str) -> None:
    told = call(
        "sweep", *SMALL_CHOICES, "--over", "candidates=10,40", "--over", "ranker=none,gbdt",
        "--requests", "5", "--format", form,
    )  # fmt: skip
    assert told.exit_code == 0, told.stderr
    if form == "table":
        assert told.stdout.splitlines()[0].split()[:3] == ["candidates", "ranker", "ndcg@10"]
        assert len(told.stdout.splitlines()) == 5
        return
    if form == "json":
        rows = json.loads(told.stdout)
    else:
        rows = list(csv.DictReader(io.StringIO(told.stdout)))
    found = [(int(row["candidates"]), row["ranker"]) for row in rows]
    assert found == [(10, "none"), (10, "gbdt"), (40, "none"), (40, "gbdt")]
    assert float(rows[3]["recall@candidates"]) > float(rows[0]["recall@candidates"])


def test_sweep_has_one_world(call: Call) -> None:
    told = call("sweep", "--over", "world.users=100,200")
    assert (told.exit_code, told.stdout) == (2, "")
    assert "one world" in told.stderr


def test_compare_tells_what_is_inside_the_noise(call: Call) -> None:
    worse = f"{SMALL_LINK}&ranker=none"
    told = call("compare", SMALL_LINK, SMALL_LINK, worse, "--requests", "20", "--json")
    assert told.exit_code == 0, told.stderr
    a, same, none = json.loads(told.stdout)["designs"]
    assert "less_a" not in a
    assert same["less_a"]["ndcg@10"]["value"] == 0
    assert same["less_a"]["ndcg@10"]["inside_noise"]
    assert none["less_a"]["ndcg@10"]["value"] == pytest.approx(
        none["figures"]["ndcg@10"]["value"] - a["figures"]["ndcg@10"]["value"]
    )
    assert {"p50", "p95"} <= set(none["less_a"])
    table = call("compare", SMALL_LINK, worse, "--requests", "0")
    assert table.stdout.startswith("A: mf ")
    assert "inside the noise" in table.stdout


def test_compare_takes_the_pins_of_a_link(call: Call) -> None:
    link = f"{SMALL_LINK}&pin=candidates-10~ranker-none"
    told = call("compare", link, "--requests", "0", "--json")
    assert told.exit_code == 0, told.stderr
    pinned, here = json.loads(told.stdout)["designs"]
    assert (pinned["choices"]["candidates"], here["choices"]["candidates"]) == ("10", "20")


def test_compare_has_one_world(call: Call) -> None:
    told = call("compare", SMALL_LINK, "candidates=50")
    assert told.exit_code == 2
    assert "one world" in told.stderr


def test_clicks_judges_an_ad_model(call: Call) -> None:
    told = call("clicks", *SMALL_LOG, "negatives=0.1", "correct=0", "--requests", "5", "--json")
    assert told.exit_code == 0, told.stderr
    content = json.loads(told.stdout)
    assert content["figures"]["calibration_ratio"]["value"] > 2
    assert content["figures"]["p50"]["n"] == 5
    table = call("clicks", *SMALL_LOG, "--requests", "0")
    assert "normalized_entropy" in table.stdout
    assert "attainable" in table.stdout


def test_code_is_that_of_the_library(call: Call) -> None:
    told = call("code", *SMALL_CHOICES, "--page", "ranking")
    assert told.stdout == engine.as_python(small_scenario(), "ranking")
    by_link = call("code", "--link", f"http://localhost:8501/ranking?{SMALL_LINK}")
    assert by_link.stdout == told.stdout


def test_result_goes_to_a_file(call: Call, tmp_path: Path) -> None:
    out = tmp_path / "report.json"
    told = call("run", *SMALL_CHOICES, "--requests", "0", "--json", "--out", str(out))
    assert (told.exit_code, told.stdout) == (0, "")
    assert json.loads(out.read_text())["figures"]["ndcg@10"]["n"] == 120


def test_module_is_the_door_and_keeps_its_streams_apart(cache_of_commands: None) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "engine", "run", *SMALL_CHOICES, "--requests", "10"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (told.returncode, told.stderr) == (0, "")  # no progress: it is no terminal
    assert "ndcg@10" in told.stdout


def test_interrupt_ends_it_in_one_line() -> None:
    code = (
        # As in a terminal: what a script begins in the background ignores the signal.
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "import time; from command_line.commands import commands; "
        "commands.commands['code'].callback = "
        "lambda **_: (print('at work', flush=True), time.sleep(60)); commands(['code'])"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "at work\n"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err.split()) == (1, ["error:", "stopped"])


def test_library_stays_free_of_the_terminal() -> None:
    code = (
        "import sys, engine, engine.live_measurement; "
        "print([n for n in ('click', 'streamlit', 'plotly', 'command_line') if n in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert out.stdout.strip() == "[]", out.stderr
